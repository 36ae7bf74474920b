import { BangerError } from './banger-error.js';
import { CancelledError, DiskFullError, InternalError, PermissionDeniedError } from './common-errors.js';

interface SystemError extends Error {
  code?: string;
  path?: string;
  syscall?: string;
}

/**
 * The one table that turns errors of Node and of libraries into kinds. Adapters translate where they know more;
 * this is the fallback at the boundaries (operations, RPC).
 */
export function toBangerError(error: unknown, what = 'the work'): BangerError {
  if (error instanceof BangerError) return error;
  if (!(error instanceof Error)) return new InternalError(`a ${typeof error} was thrown`, error);
  if (error.name === 'AbortError') return isBangerCause(error) ? error.cause : new CancelledError(what);
  const { code, path = '(unknown path)', syscall = 'use' } = error as SystemError;
  if (isDiskFull(error)) return new DiskFullError(path, error);
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS')
    return new PermissionDeniedError(path, syscall, error);
  return new InternalError(error.message, error);
}

/** Of Node's file system: the disk has no room, or its user has none left. */
export function isDiskFull(error: unknown): boolean {
  const { code } = error as SystemError;
  return code === 'ENOSPC' || code === 'EDQUOT';
}

/** Of a program's output: the same, which programs tell in prose alone. */
export function saysDiskFull(output: string): boolean {
  return /No space left on device|Out of diskspace|Disk quota exceeded/i.test(output);
}

function isBangerCause(error: Error): error is Error & { cause: BangerError } {
  return error.cause instanceof BangerError;
}
