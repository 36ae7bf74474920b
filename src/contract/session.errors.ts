import type { ErrorCategory } from './error-category.js';

/** Of commands in VMs. */
export interface SessionErrorDetails {
  SESSION_NOT_FOUND: { session: string };
  SESSION_AMBIGUOUS: { session: string; matches: string[] };
  SESSION_NAME_TAKEN: { vm: string; name: string };
  SESSION_WRONG_STATE: { session: string; state: string };
  /** it was started without */
  SESSION_WITHOUT_INPUT: { session: string };
  /** something that takes several steps in the guest: the one that failed, its command and the end of what that said */
  GUEST_ACTION_FAILED: {
    vm: string;
    step: string;
    command: string;
    exitCode: number | null;
    stderrTail: string;
  };
}

export const SESSION_ERRORS: Readonly<Record<keyof SessionErrorDetails, ErrorCategory>> = {
  SESSION_NOT_FOUND: 'not-found',
  SESSION_AMBIGUOUS: 'conflict',
  SESSION_NAME_TAKEN: 'conflict',
  SESSION_WRONG_STATE: 'conflict',
  SESSION_WITHOUT_INPUT: 'conflict',
  GUEST_ACTION_FAILED: 'external',
};
