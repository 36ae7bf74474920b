import type { ErrorCategory, ErrorData, ErrorDetails, ErrorKind } from '../../contract/errors.js';
import { ERROR_CATEGORIES } from '../../contract/errors.js';

export interface BangerErrorOptions<K extends ErrorKind> {
  details: ErrorDetails[K];
  /** one sentence: the cause as far as it is known */
  why?: string | undefined;
  /** one sentence: what the user can do */
  fix?: string | undefined;
  cause?: unknown;
}

/**
 * Base of every error that may reach a user. Each kind has one class, in the module that owns it;
 * its constructor takes facts and writes the sentence.
 */
export class BangerError<K extends ErrorKind = ErrorKind> extends Error {
  readonly kind: K;
  readonly details: ErrorDetails[K];
  readonly why: string | undefined;
  readonly fix: string | undefined;

  constructor(kind: K, message: string, options: BangerErrorOptions<K>) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.kind = kind;
    this.details = options.details;
    this.why = options.why;
    this.fix = options.fix;
  }

  get category(): ErrorCategory {
    return ERROR_CATEGORIES[this.kind];
  }

  /** The form in which it crosses the socket, is stored in an operation and printed by `--json`. */
  toData(ref?: string): ErrorData<K> {
    return {
      kind: this.kind,
      details: this.details,
      ...(this.why !== undefined && { why: this.why }),
      ...(this.fix !== undefined && { fix: this.fix }),
      ...(ref !== undefined && { ref }),
    };
  }
}

/** Type guard by kind, for callers that treat one failure specially. */
export function isKind<K extends ErrorKind>(error: unknown, kind: K): error is BangerError<K> {
  return error instanceof BangerError && error.kind === kind;
}
