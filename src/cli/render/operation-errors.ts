import type { FailureView } from '../../contract/common.dto.js';
import { BangerError } from '../../core/errors/index.js';

/** Why an operation failed, as the daemon recorded it. */
export class OperationFailure extends BangerError {
  readonly ref: string | undefined;

  constructor({ message, data }: FailureView) {
    super(data.kind, message, { details: data.details, why: data.why, fix: data.fix });
    this.ref = data.ref;
  }
}
