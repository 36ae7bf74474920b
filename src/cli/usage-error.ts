import { BangerError } from '../core/errors/index.js';

/** The command line itself is wrong; exit status 2. */
export class UsageError extends BangerError<'USAGE_INVALID'> {
  constructor(reason: string, fix?: string) {
    super('USAGE_INVALID', reason, { details: { reason }, fix });
  }
}
