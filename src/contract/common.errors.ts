import type { ErrorCategory } from './error-category.js';

/** What can come of anything, whatever it is about. */
export interface CommonErrorDetails {
  PERMISSION_DENIED: { path: string; action: string };
  PROCESS_FAILED: {
    file: string;
    args: string[];
    exitCode: number | null;
    signal: string | null;
    stderrTail: string;
  };
  /** stdout of a command, which its reader has not left */
  OUTPUT_UNWRITABLE: { reason: string };
  TIMEOUT: { what: string; limitMs: number };
  CANCELLED: { what: string };
  INTERNAL: { ref?: string };
}

export const COMMON_ERRORS: Readonly<Record<keyof CommonErrorDetails, ErrorCategory>> = {
  PERMISSION_DENIED: 'permission',
  PROCESS_FAILED: 'external',
  OUTPUT_UNWRITABLE: 'external',
  TIMEOUT: 'timeout',
  CANCELLED: 'cancelled',
  INTERNAL: 'internal',
};
