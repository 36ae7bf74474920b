import { rmSync, statfsSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/*
 * On a full file system a VM has to be stopped and deleted all the same, which is what frees space, and both are
 * written down first. SQLite writes over what its write-ahead log and its free pages have already, so that both are
 * made larger than they need be while there is room; a guest that fills its disk cannot take that.
 */

const MIB = 1024 * 1024;
/** kept as free pages, and grown into the log, which is begun anew long before it gets so long */
const INSIDE_BYTES = 2 * MIB;
/** for a daemon that starts on a full file system: a database that was closed has no log */
const FILE_BYTES = 8 * MIB;
/** below it the file is given up */
const LOW_BYTES = 2 * MIB;
/** with less the file system is left what it has */
const PLENTY_BYTES = 64 * MIB;
const PAGE_BYTES = 4096;

/** What is needed of a SqliteConnection. */
interface Connection {
  readonly file: string;
  script(sql: string): void;
  query(query: { sql: string; args: unknown[]; argTypes: [] }): { rows: unknown[][] };
}

/** Before the database is opened: where next to nothing is free, the space kept for this day is given to it. */
export function releaseSpaceIfLow(file: string): void {
  if (freeBytes(file) < LOW_BYTES) releaseSpace(file);
}

/** @returns whether there was any */
export function releaseSpace(file: string): boolean {
  const path = fileOf(file);
  if (statSync(path, { throwIfNoEntry: false }) === undefined) return false;
  rmSync(path, { force: true });
  return true;
}

/** Keeps the space, as far as there is some. Success when it is kept already; a file system that fills up is no failure. */
export function keepSpace(connection: Connection, log: 'new' | 'grown'): void {
  const { file } = connection;
  if (freeBytes(file) < PLENTY_BYTES) return;
  try {
    if (log === 'new' || freePages(connection) * PAGE_BYTES < INSIDE_BYTES / 2) growInside(connection);
    const kept = statSync(fileOf(file), { throwIfNoEntry: false })?.size ?? 0;
    if (kept < FILE_BYTES) writeFileSync(fileOf(file), Buffer.alloc(FILE_BYTES), { mode: 0o600 });
  } catch {
    rmSync(fileOf(file), { force: true });
  }
}

/** Two transactions: pages that are written and freed within one never get to the disk. */
function growInside(connection: Connection): void {
  connection.script('DROP TABLE IF EXISTS "_space"; CREATE TABLE "_space" ("content" BLOB)');
  try {
    connection.script(`INSERT INTO "_space" VALUES (zeroblob(${INSIDE_BYTES}))`);
  } finally {
    connection.script('DROP TABLE "_space"');
  }
}

function freePages(connection: Connection): number {
  const { rows } = connection.query({ sql: 'PRAGMA freelist_count', args: [], argTypes: [] });
  return Number(rows[0]?.[0] ?? 0);
}

function freeBytes(file: string): number {
  const { bavail, bsize } = statfsSync(dirname(file));
  return bavail * bsize;
}

function fileOf(file: string): string {
  return `${file}.space`;
}
