import type { ErrorCategory } from './error-category.js';

/** Of images, and of the templates that VMs are cloned from. */
export interface ImageErrorDetails {
  IMAGE_NOT_FOUND: { image: string; available: string[] };
  IMAGE_IN_USE: { image: string; vms: string[] };
  IMAGE_EXISTS: { image: string };
  IMAGE_BUSY: { image: string; operation: string };
  IMAGE_BUILD_FAILED: { image: string; step: string; stderrTail: string };
  IMAGE_WITHOUT_WORK_DISK: { image: string };
  IMAGE_DAMAGED: { image: string; reason: string };
  /** not a name of an image in a registry */
  IMAGE_REFERENCE_INVALID: { reference: string; reason: string };
  /** the registry has no such image, or hides it */
  IMAGE_NOT_IN_REGISTRY: { reference: string };
  /** `available`: such as `linux/arm64` */
  IMAGE_PLATFORM_MISSING: { reference: string; platform: string; available: string[] };
  /** what came is not what was asked for, or not what it says it is */
  IMAGE_CONTENT_REFUSED: { image: string; part: string; reason: string };
  /** `reason`: what it lacks; `stderrTail`: what its own programs said */
  IMAGE_NOT_PROVISIONABLE: { image: string; reason: string; stderrTail: string };
  IMAGE_RECIPE_INVALID: { recipe: string; problems: string[] };
  IMAGE_BUNDLE_INVALID: { bundle: string; reason: string };
  IMAGE_CATALOG_INVALID: { catalog: string; reason: string };
  REGISTRY_DENIED: { registry: string; reason: string };
  REGISTRY_BUSY: { registry: string; retryAfterSeconds: number };
  REGISTRY_FAILED: { registry: string; reason: string };
  KERNEL_NOT_FOUND: { kernel: string; available: string[] };
  KERNEL_IN_USE: { kernel: string; images: string[] };
  KERNEL_INVALID: { kernel: string; reason: string };
  /** `template`: its id */
  TEMPLATE_DAMAGED: { template: string; image: string; reason: string };
  TEMPLATE_OUTDATED: { template: string; image: string; reason: string };
  /** none can be made or used here */
  TEMPLATES_UNAVAILABLE: { reason: string };
}

export const IMAGE_ERRORS: Readonly<Record<keyof ImageErrorDetails, ErrorCategory>> = {
  IMAGE_NOT_FOUND: 'not-found',
  IMAGE_IN_USE: 'conflict',
  IMAGE_EXISTS: 'conflict',
  IMAGE_BUSY: 'conflict',
  IMAGE_BUILD_FAILED: 'external',
  IMAGE_WITHOUT_WORK_DISK: 'host',
  IMAGE_DAMAGED: 'host',
  IMAGE_REFERENCE_INVALID: 'invalid',
  IMAGE_NOT_IN_REGISTRY: 'not-found',
  IMAGE_PLATFORM_MISSING: 'not-found',
  IMAGE_CONTENT_REFUSED: 'external',
  IMAGE_NOT_PROVISIONABLE: 'external',
  IMAGE_RECIPE_INVALID: 'invalid',
  IMAGE_BUNDLE_INVALID: 'invalid',
  IMAGE_CATALOG_INVALID: 'external',
  REGISTRY_DENIED: 'permission',
  REGISTRY_BUSY: 'exhausted',
  REGISTRY_FAILED: 'external',
  KERNEL_NOT_FOUND: 'not-found',
  KERNEL_IN_USE: 'conflict',
  KERNEL_INVALID: 'invalid',
  TEMPLATE_DAMAGED: 'host',
  TEMPLATE_OUTDATED: 'host',
  TEMPLATES_UNAVAILABLE: 'host',
};
