import {
  chmodSync,
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { DiskFullError, isDiskFull, StateDirectoryUnusableError } from '../errors/index.js';
import type { SqliteConnection } from './sqlite-connection.adapter.js';

const OWNER_ONLY = 0o600;
/** Enough to go back over the last upgrades, without growing for ever. */
const BACKUPS_KEPT = 3;

/** Makes sure that the file is there and that nobody else may read it; SQLite gives its -wal and -shm the same mode. */
export function prepareDatabaseFile(file: string): void {
  const directory = dirname(file);
  try {
    makeDirectory(directory);
    closeSync(openSync(file, 'a', OWNER_ONLY));
    chmodSync(file, OWNER_ONLY);
  } catch (error) {
    throw isDiskFull(error)
      ? new DiskFullError(directory, error)
      : new StateDirectoryUnusableError(directory, { reason: (error as Error).message, cause: error });
  }
}

/**
 * Makes it and what is missing above it. By hand: Node's own `recursive` never returns where a file system refuses
 * with ENOENT, as /proc does (Node 24.21).
 */
function makeDirectory(directory: string, parents = true): void {
  try {
    // Unprivileged VMMs pass through to their own directory, but may not list this one.
    mkdirSync(directory, 0o711);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return;
    if (code !== 'ENOENT' || !parents) throw error;
    makeDirectory(dirname(directory));
    makeDirectory(directory, false);
  }
}

/** Copies the database to `<file>.before-<migration>` and forgets the oldest of such copies. */
export function backUpDatabase(connection: SqliteConnection, migration: string): string {
  const target = `${connection.file}.before-${migration}`;
  const unfinished = `${target}.tmp`;
  rmSync(unfinished, { force: true });
  // VACUUM INTO writes into an empty file, and does not care for its mode.
  const handle = openSync(unfinished, 'w', OWNER_ONLY);
  try {
    connection.execute({ sql: 'VACUUM INTO ?', args: [unfinished], argTypes: [] });
    fsyncSync(handle);
  } catch (error) {
    rmSync(unfinished, { force: true });
    throw error;
  } finally {
    closeSync(handle);
  }
  renameSync(unfinished, target);
  forgetOldBackups(connection.file);
  return target;
}

function forgetOldBackups(file: string): void {
  const directory = dirname(file);
  readdirSync(directory)
    .filter((name) => name.startsWith(`${basename(file)}.before-`))
    .map((name) => join(directory, name))
    .map((path) => ({ path, made: statSync(path).mtimeMs }))
    .toSorted((one, other) => other.made - one.made || (one.path < other.path ? 1 : -1))
    .slice(BACKUPS_KEPT)
    .forEach(({ path }) => rmSync(path, { force: true }));
}
