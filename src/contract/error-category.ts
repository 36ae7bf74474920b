/** What an error means to whoever asked: the numbers (JSON-RPC code, exit code) follow from it alone. */
export type ErrorCategory =
  | 'invalid'
  | 'not-found'
  | 'conflict'
  | 'permission'
  | 'host'
  | 'unavailable'
  | 'timeout'
  | 'exhausted'
  | 'external'
  | 'cancelled'
  | 'internal';

interface CategoryCodes {
  /** JSON-RPC error code; application codes stay outside the reserved -32768…-32000 range, digits mirror HTTP */
  readonly rpcCode: number;
  /** process exit status of the CLI */
  readonly exitCode: number;
}

export const CATEGORY_CODES: Readonly<Record<ErrorCategory, CategoryCodes>> = {
  invalid: { rpcCode: -32602, exitCode: 2 },
  'not-found': { rpcCode: 1404, exitCode: 3 },
  conflict: { rpcCode: 1409, exitCode: 4 },
  permission: { rpcCode: 1403, exitCode: 5 },
  host: { rpcCode: 1412, exitCode: 6 },
  unavailable: { rpcCode: 1503, exitCode: 7 },
  timeout: { rpcCode: 1408, exitCode: 8 },
  exhausted: { rpcCode: 1429, exitCode: 9 },
  external: { rpcCode: 1502, exitCode: 10 },
  cancelled: { rpcCode: 1499, exitCode: 130 },
  internal: { rpcCode: -32603, exitCode: 70 },
};

/**
 * Exit codes of `vm run` and `vm exec` that are banger's own, as in podman, and in timeout(1); every other code is the
 * guest command's.
 */
export const EXEC_EXIT_CODES = {
  timedOut: 124,
  bangerFailed: 125,
  notExecutable: 126,
  notFound: 127,
} as const;

/** JSON-RPC 2.0's own codes, for errors of the protocol rather than of a method. */
export const PROTOCOL_CODES = { parse: -32700, invalidRequest: -32600, methodNotFound: -32601 } as const;
