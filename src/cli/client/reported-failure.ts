import type { FailureView } from '../../contract/common.dto.js';
import { isErrorKind } from '../../contract/errors.js';
import type { BangerError } from '../../core/errors/index.js';
import { OperationFailure } from '../render/operation-errors.js';

/** What a daemon that could not start said last; undefined for a defect, whose trace says more. */
export function reportedFailure(logTail: string): BangerError | undefined {
  const line = logTail.split('\n').findLast((text) => text.startsWith('{"error":{'));
  if (line === undefined) return undefined;
  try {
    const { error } = JSON.parse(line) as { error: { message: string } & FailureView['data'] };
    return isErrorKind(error.kind) && error.kind !== 'INTERNAL'
      ? new OperationFailure({ message: error.message, data: error })
      : undefined;
  } catch {
    return undefined;
  }
}
