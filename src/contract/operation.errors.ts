import type { ErrorCategory } from './error-category.js';

/** Of operations and the ledger. */
export interface OperationErrorDetails {
  /** `resource`: kind in the ledger; `owner`: whose it is */
  RESOURCE_TAKEN: { resource: string; key: string; owner: string };
  OPERATION_NOT_FOUND: { operation: string };
  OPERATION_AMBIGUOUS: { operation: string; matches: string[] };
  OPERATION_INTERRUPTED: { operation: string };
  PREFLIGHT_FAILED: { findings: { check: string; problem: string; fix?: string }[] };
}

export const OPERATION_ERRORS: Readonly<Record<keyof OperationErrorDetails, ErrorCategory>> = {
  RESOURCE_TAKEN: 'conflict',
  OPERATION_NOT_FOUND: 'not-found',
  OPERATION_AMBIGUOUS: 'conflict',
  OPERATION_INTERRUPTED: 'cancelled',
  PREFLIGHT_FAILED: 'host',
};
