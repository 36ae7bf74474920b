import { closeSync, existsSync, fsyncSync, openSync, readdirSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { DatabaseDamagedError } from './database-errors.js';

/** Directories beside the database whose entries it has rows for. */
const DEPENDENTS = ['vms', 'images'];

/**
 * Refuses what SQLite would take for a new database, or for one that is whole: it makes an empty one where the file
 * is gone, throws a write-ahead log away that has lost its file, and goes on without one that was lost.
 * Nothing is changed. @throws DatabaseDamagedError
 */
export function refuseLostDatabase(file: string): void {
  const size = sizeOf(file);
  if (size === 'directory') throw new DatabaseDamagedError(file, 'a directory is in its place');
  if (size > 0) {
    if (existsSync(markerOf(file)) && sizeOf(`${file}-wal`) === 0) throw lostLog(file);
    return;
  }
  if (sizeOf(`${file}-wal`) !== 0)
    throw new DatabaseDamagedError(file, `it is empty, and ${file}-wal, which is not, belongs to it`);
  refuseOrphans(file);
}

/** For a database without a single table, which SQLite finds whole. @throws DatabaseDamagedError */
export function refuseOrphans(file: string): void {
  const orphans = DEPENDENTS.flatMap((name) => entries(join(dirname(file), name)));
  if (orphans.length === 0) return;
  const shown = orphans.slice(0, 3).join(', ');
  const more = orphans.length > 3 ? ` and ${orphans.length - 3} more` : '';
  throw new DatabaseDamagedError(
    file,
    `it is missing or empty, but what it kept account of is there: ${shown}${more}`,
  );
}

/** What SQLite finds wrong. Read-only: opened for writing, a damaged file would be written when it is closed. */
export function findDamage(file: string): string | undefined {
  if (sizeOf(file) === 0) return undefined;
  const database = new DatabaseSync(file, { readOnly: true, timeout: 5000 });
  try {
    const [verdict] = Object.values(database.prepare('PRAGMA quick_check(1)').get() ?? {});
    return verdict === 'ok' ? undefined : String(verdict);
  } finally {
    database.close();
  }
}

/** From now on the write-ahead log holds what the database lacks. @returns takes the mark away; before the log goes */
export function markOpen(file: string): () => void {
  const handle = openSync(markerOf(file), 'w', 0o600);
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  return () => rmSync(markerOf(file), { force: true });
}

function lostLog(file: string): DatabaseDamagedError {
  return new DatabaseDamagedError(
    file,
    `its write-ahead log ${file}-wal is gone: the daemon before did not close the database, and what it wrote last was there`,
    undefined,
    'nothing was changed; put the log back, or let `banger doctor --fix` go on without what was written last',
  );
}

function markerOf(file: string): string {
  return `${file}.open`;
}

/** `bytes`; 0 when there is none, or none that can be looked at: whoever opens it says why */
function sizeOf(path: string): number | 'directory' {
  try {
    const stats = statSync(path);
    return stats.isDirectory() ? 'directory' : stats.size;
  } catch {
    return 0;
  }
}

function entries(directory: string): string[] {
  try {
    return readdirSync(directory)
      .filter((name) => !name.startsWith('.'))
      .map((name) => join(directory, name));
  } catch {
    return [];
  }
}
