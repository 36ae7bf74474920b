import type { ErrorData, ErrorKind } from '../../contract/errors.js';
import { isErrorKind, PROTOCOL_CODES, rpcCodeOf } from '../../contract/errors.js';
import type { BangerError } from '../errors/index.js';
import { RpcFailure } from './rpc-errors.js';

/** Messages that belong to the protocol rather than to a method. */
export const NEXT_METHOD = '$/next';
export const CANCEL_METHOD = '$/cancel';
export const CHANNEL_METHOD = '$/channel';

export type RequestId = string | number | null;

/** The `error` member of a response. */
export interface WireError {
  code: number;
  message: string;
  data: ErrorData;
}

export const INTERNAL_MESSAGE = 'internal error';

/** What a defect's own message says is for the log; users get the reference under which to find it there. */
export function encodeError(error: BangerError, ref: string | undefined): WireError {
  const code = codeOf(error.kind);
  if (error.kind !== 'INTERNAL') return { code, message: error.message, data: error.toData(ref) };
  const data: ErrorData<'INTERNAL'> = { kind: 'INTERNAL', details: {} };
  if (ref !== undefined) {
    data.ref = ref;
    data.details.ref = ref;
    data.fix = `look for ${ref} in \`banger daemon logs\`, and report it as a defect of banger`;
  }
  return { code, message: INTERNAL_MESSAGE, data };
}

function codeOf(kind: ErrorKind): number {
  if (kind === 'METHOD_NOT_FOUND') return PROTOCOL_CODES.methodNotFound;
  if (kind === 'REQUEST_MALFORMED') return PROTOCOL_CODES.invalidRequest;
  return rpcCodeOf(kind);
}

/** Reads an `error` member; whatever a newer or foreign daemon sends becomes a failure that can be shown. */
export function decodeError(error: unknown): RpcFailure {
  const { message, data } = asRecord(error);
  const text = typeof message === 'string' ? message : INTERNAL_MESSAGE;
  const { kind, details, why, fix, ref } = asRecord(data);
  const known = typeof kind === 'string' && isErrorKind(kind);
  return new RpcFailure(text, {
    kind: known ? kind : 'INTERNAL',
    details: known && typeof details === 'object' && details !== null ? details : {},
    ...(typeof why === 'string' && { why }),
    ...(typeof fix === 'string' && { fix }),
    ...(typeof ref === 'string' && { ref }),
  });
}

/** Members of an untrusted value; none when it is not an object. */
export function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
