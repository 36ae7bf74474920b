import type { OperationErrorView } from '../../contract/operation.dto.js';
import { BangerError } from '../../core/errors/index.js';

/** Why an operation failed, as the daemon recorded it. */
export class OperationFailure extends BangerError {
  readonly ref: string | undefined;

  constructor({ message, data }: OperationErrorView) {
    super(data.kind, message, { details: data.details, why: data.why, fix: data.fix });
    this.ref = data.ref;
  }
}
