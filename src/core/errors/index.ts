export { BangerError, isKind } from './banger-error.js';
export type { BangerErrorOptions } from './banger-error.js';
export {
  cancellation,
  CancelledError,
  DiskFullError,
  InternalError,
  invariant,
  MAX_SOCKET_PATH_BYTES,
  PermissionDeniedError,
  SocketPathTooLongError,
  StateDirectoryUnusableError,
  TimeoutError,
} from './common-errors.js';
export { isDiskFull, saysDiskFull, toBangerError } from './foreign-errors.js';
export { suggest } from './suggest.js';
