import { isUtf8 } from 'node:buffer';
import { RequestMalformedError } from './rpc-errors.js';
import type { RequestId } from './wire.js';

export interface RpcRequest {
  /** undefined for a notification */
  readonly id: RequestId | undefined;
  readonly method: string;
  readonly params: unknown;
  readonly ref: string | undefined;
  /** whether the caller wants to see the operations that the call begins */
  readonly progress: boolean;
}

/** A request that cannot be carried out, and the id to answer it under: null where none can be told. */
export interface BadRequest {
  readonly id: RequestId;
  readonly error: RequestMalformedError;
}

const REF_PATTERN = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$/;
const MAX_ID_LENGTH = 256;

/** @returns undefined when the line is not JSON in UTF-8 */
export function parseLine(line: Buffer): { value: unknown } | undefined {
  // Replacing bad bytes would silently change a path or a name.
  if (!isUtf8(line)) return undefined;
  try {
    return { value: JSON.parse(line.toString('utf8')) };
  } catch {
    return undefined;
  }
}

/** Whitespace between requests is harmless. */
export function isBlank(line: Buffer): boolean {
  for (const byte of line) {
    if (byte !== 0x20 && byte !== 0x09 && byte !== 0x0d) return false;
  }
  return true;
}

export function readRequest(value: unknown): RpcRequest | BadRequest {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return bad(null, 'it is not an object');
  const { jsonrpc, id, method, params, ref, progress } = value as Readonly<Record<string, unknown>>;
  if (id !== undefined && !isRequestId(id))
    return bad(null, 'its id is neither a number, a short string nor null');
  const answerTo = id ?? null;
  if (jsonrpc !== '2.0') return bad(answerTo, 'its member jsonrpc is not "2.0"');
  if (typeof method !== 'string' || method === '') return bad(answerTo, 'it names no method');
  if (params !== undefined && (typeof params !== 'object' || params === null)) {
    return bad(answerTo, 'its params are neither an object nor an array');
  }
  const isRef = typeof ref === 'string' && REF_PATTERN.test(ref);
  return { id, method, params, ref: isRef ? ref : undefined, progress: progress === true };
}

function isRequestId(id: unknown): id is RequestId {
  return typeof id === 'number' || id === null || (typeof id === 'string' && id.length <= MAX_ID_LENGTH);
}

function bad(id: RequestId, reason: string): BadRequest {
  return { id, error: new RequestMalformedError(reason) };
}
