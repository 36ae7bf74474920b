import { BangerError } from './banger-error.js';

/** The work was given up because its caller asked for that. */
export class CancelledError extends BangerError<'CANCELLED'> {
  constructor(what: string) {
    super('CANCELLED', `${what} was cancelled`, { details: { what } });
  }
}

/** What a signal's abort is thrown as: its reason where that is an error of banger's. */
export function cancellation(signal: AbortSignal | undefined, what: string): BangerError {
  const reason: unknown = signal?.reason;
  return reason instanceof BangerError ? reason : new CancelledError(what);
}

export class TimeoutError extends BangerError<'TIMEOUT'> {
  constructor(what: string, limitMs: number, options: { why?: string; fix?: string } = {}) {
    super('TIMEOUT', `${what} took longer than ${limitMs / 1000} s`, {
      details: { what, limitMs },
      ...options,
    });
  }
}

export class DiskFullError extends BangerError<'DISK_FULL'> {
  constructor(path: string, cause?: unknown) {
    super('DISK_FULL', `no space is left on the file system of ${path}`, {
      details: { path },
      fix: 'free some space, or move the state directory to a larger file system (BANGER_STATE_DIR)',
      cause,
    });
  }
}

export class PermissionDeniedError extends BangerError<'PERMISSION_DENIED'> {
  constructor(path: string, action: string, cause?: unknown) {
    super('PERMISSION_DENIED', `not allowed to ${action} ${path}`, {
      details: { path, action },
      fix: 'check the owner and mode of the path, or run banger as the user who owns it',
      cause,
    });
  }
}

/** The place for banger's own files is not there, not a directory, or closed to those who need it. */
export class StateDirectoryUnusableError extends BangerError<'STATE_DIR_UNUSABLE'> {
  constructor(path: string, facts: { reason: string; fix?: string; cause?: unknown }) {
    super('STATE_DIR_UNUSABLE', `the directory ${path} cannot be used: ${facts.reason}`, {
      details: { path, reason: facts.reason },
      fix:
        facts.fix ??
        'make it a directory that you own and may write to, or name another one in BANGER_STATE_DIR',
      cause: facts.cause,
    });
  }
}

/** `bytes` of a Unix socket's path: sun_path has 108, the last of them NUL. */
export const MAX_SOCKET_PATH_BYTES = 107;

export class SocketPathTooLongError extends BangerError<'SOCKET_PATH_TOO_LONG'> {
  constructor(path: string) {
    super('SOCKET_PATH_TOO_LONG', `the socket path ${path} is longer than ${MAX_SOCKET_PATH_BYTES} bytes`, {
      details: { path, max: MAX_SOCKET_PATH_BYTES },
      why: 'the kernel has room for no longer path of a Unix socket',
      fix: 'set BANGER_RUNTIME_DIR to a shorter directory',
    });
  }

  /** @throws SocketPathTooLongError */
  static check(path: string): void {
    if (Buffer.byteLength(path) > MAX_SOCKET_PATH_BYTES) throw new SocketPathTooLongError(path);
  }
}

/** A defect of banger itself; the message is for the log, users see "internal error" and the reference. */
export class InternalError extends BangerError<'INTERNAL'> {
  constructor(message: string, cause?: unknown) {
    super('INTERNAL', message, { details: {}, cause });
  }
}

/** States what the code relies on; a violation is a defect, never the user's fault. */
export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new InternalError(`invariant violated: ${message}`);
}
