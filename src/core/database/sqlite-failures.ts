import { DiskFullError, StateDirectoryUnusableError } from '../errors/index.js';
import type { BangerError } from '../errors/index.js';
import { DatabaseDamagedError } from './database-errors.js';
import { isFull } from './database-space.adapter.js';
import { isSqliteError } from './sqlite-errors.js';

const PRIMARY_CODES = {
  permission: 3,
  busy: 5,
  readOnly: 8,
  inputOutput: 10,
  corrupt: 11,
  full: 13,
  cannotOpen: 14,
  notADatabase: 26,
};

/** What a user can do about an error of SQLite, now or at the opening; undefined for all that only a developer can mend. */
export function toUserError(file: string, error: unknown): BangerError | undefined {
  if (!isSqliteError(error)) return undefined;
  const { message } = error;
  const code = error.errcode & 0xff;
  if ((code === PRIMARY_CODES.inputOutput || code === PRIMARY_CODES.cannotOpen) && isFull(file))
    return new DiskFullError(file, error);
  switch (code) {
    case PRIMARY_CODES.corrupt:
    case PRIMARY_CODES.notADatabase:
      return new DatabaseDamagedError(file, message, error);
    case PRIMARY_CODES.full:
      return new DiskFullError(file, error);
    case PRIMARY_CODES.busy:
      return new StateDirectoryUnusableError(file, {
        reason: 'another program has the database locked',
        fix: 'close the program that has it open, such as a sqlite3 shell',
        cause: error,
      });
    case PRIMARY_CODES.readOnly:
    case PRIMARY_CODES.permission:
    case PRIMARY_CODES.cannotOpen:
      return new StateDirectoryUnusableError(file, {
        reason: message,
        fix: 'make the file and its directory writable for banger; a file system that was mounted read-only has to be mounted again',
        cause: error,
      });
    case PRIMARY_CODES.inputOutput:
      return new StateDirectoryUnusableError(file, {
        reason: `its file system reports an error (${message})`,
        fix: 'look at the kernel log (dmesg) for what the disk says',
        cause: error,
      });
    default:
      return undefined;
  }
}
