import type { BangerError } from '../errors/index.js';
import { encodeError, NEXT_METHOD } from './wire.js';
import type { RequestId } from './wire.js';

/** Members that are undefined are dropped, as JSON does; a method without a result answers null. */
export function encodeSuccess(id: RequestId, result: unknown): string {
  return `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":${JSON.stringify(result) ?? 'null'}}`;
}

/** @param code in place of the one that follows from the error's kind */
export function encodeFailure(
  id: RequestId,
  error: BangerError,
  ref: string | undefined,
  code?: number,
): string {
  const wire = encodeError(error, ref);
  return JSON.stringify({ jsonrpc: '2.0', id, error: code === undefined ? wire : { ...wire, code } });
}

export function encodeNext(id: RequestId, value: unknown): string {
  return `{"jsonrpc":"2.0","method":"${NEXT_METHOD}","params":{"id":${JSON.stringify(id)},"value":${JSON.stringify(value) ?? 'null'}}}`;
}
