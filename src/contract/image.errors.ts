import type { ErrorCategory } from './error-category.js';

/** Of images, and of the templates that VMs are cloned from. */
export interface ImageErrorDetails {
  IMAGE_NOT_FOUND: { image: string; available: string[] };
  IMAGE_IN_USE: { image: string; vms: string[] };
  IMAGE_BUSY: { image: string; operation: string };
  IMAGE_BUILD_FAILED: { image: string; step: string; stderrTail: string };
  IMAGE_WITHOUT_WORK_DISK: { image: string };
  IMAGE_DAMAGED: { image: string; reason: string };
  /** `template`: its id */
  TEMPLATE_DAMAGED: { template: string; image: string; reason: string };
  TEMPLATE_OUTDATED: { template: string; image: string; reason: string };
  /** none can be made or used here */
  TEMPLATES_UNAVAILABLE: { reason: string };
}

export const IMAGE_ERRORS: Readonly<Record<keyof ImageErrorDetails, ErrorCategory>> = {
  IMAGE_NOT_FOUND: 'not-found',
  IMAGE_IN_USE: 'conflict',
  IMAGE_BUSY: 'conflict',
  IMAGE_BUILD_FAILED: 'external',
  IMAGE_WITHOUT_WORK_DISK: 'host',
  IMAGE_DAMAGED: 'host',
  TEMPLATE_DAMAGED: 'host',
  TEMPLATE_OUTDATED: 'host',
  TEMPLATES_UNAVAILABLE: 'host',
};
