import { BangerError, isDiskFull } from '../../core/errors/index.js';

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such directory',
  ENOTDIR: 'what should be its directory is none',
  EISDIR: 'it is a directory',
  EACCES: 'you may not write there',
  EPERM: 'you may not write there',
  EROFS: 'the file system is read-only',
};

/** Why a file that the user named as output cannot be written. */
export function outputFileError(path: string, cause: unknown): BangerError {
  if (cause instanceof BangerError) return cause;
  const { code = '', message } = cause as NodeJS.ErrnoException;
  if (isDiskFull(cause))
    return new BangerError('DISK_FULL', `no space is left on the file system of ${path}`, {
      details: { path },
      why: 'nothing was written; what had been there before was not changed',
      fix: 'free some space, or name a file on another file system',
      cause,
    });
  const reason = Object.hasOwn(REASONS, code) ? (REASONS[code] ?? code) : message;
  return new BangerError('OUTPUT_UNWRITABLE', `${path} cannot be written`, {
    details: { reason },
    why: reason,
    fix: 'name a file in a directory that exists and that you may write to',
    cause,
  });
}

/** Nothing is put in the place of a file that is there. */
export function outputFileTaken(path: string): BangerError<'RESOURCE_TAKEN'> {
  return new BangerError('RESOURCE_TAKEN', `there is a file ${path} already`, {
    details: { resource: 'file', key: path, owner: 'a file that is there already' },
    why: 'nothing is put in the place of a file that is there',
    fix: 'name another file, or replace this one with --force',
  });
}
