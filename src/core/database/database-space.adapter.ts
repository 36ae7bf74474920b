import { appendFileSync, rmSync, statfsSync, statSync } from 'node:fs';
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
/** with less a file system is left what it has, as long as the database is open and has room within */
const PLENTY_BYTES = 2 * (INSIDE_BYTES + FILE_BYTES);
const CHUNK_BYTES = MIB / 4;
/** of the free pages, for the table that takes the others: its root, its pages' own heads */
const SPARE_BYTES = 64 * 1024;
/** what SQLite asks for at once, and a little */
const FULL_BYTES = 64 * 1024;
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

/**
 * Keeps the space. Success when it is kept already; a file system that fills up is no failure. A database that was
 * just opened has a log without length: what its file gave back for it must be taken before somebody else does.
 */
export function keepSpace(connection: Connection, log: 'new' | 'grown'): void {
  const plenty = freeBytes(connection.file) >= PLENTY_BYTES;
  try {
    const inside = freePages(connection) * PAGE_BYTES;
    if (plenty && (log === 'new' || inside < INSIDE_BYTES / 2)) growInside(connection, INSIDE_BYTES);
    // A file that cannot grow takes no checkpoint, and the log would grow with every write.
    else if (log === 'new' && inside > SPARE_BYTES)
      growInside(connection, Math.min(INSIDE_BYTES, inside - SPARE_BYTES));
  } catch {
    // as much of it as there was room for is kept
  }
  if (plenty) reserveFile(connection.file);
}

/**
 * For the next daemon, which needs a log again: as much as there is room for, up to {@link FILE_BYTES}. Also called
 * when the database was closed, since that frees the log.
 */
export function reserveFile(file: string): void {
  const path = fileOf(file);
  let kept = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  if (kept >= FILE_BYTES) return;
  try {
    for (; kept < FILE_BYTES; kept += CHUNK_BYTES)
      appendFileSync(path, Buffer.alloc(CHUNK_BYTES), { mode: 0o600 });
  } catch {
    // no room for more
  }
}

/** Two transactions: pages that are written and freed within one never get to the disk. */
function growInside(connection: Connection, bytes: number): void {
  connection.script('DROP TABLE IF EXISTS "_space"; CREATE TABLE "_space" ("content" BLOB)');
  try {
    connection.script(`INSERT INTO "_space" VALUES (zeroblob(${bytes}))`);
  } finally {
    connection.script('DROP TABLE "_space"');
  }
}

function freePages(connection: Connection): number {
  const { rows } = connection.query({ sql: 'PRAGMA freelist_count', args: [], argTypes: [] });
  return Number(rows[0]?.[0] ?? 0);
}

/** Whether an error of the file system is one of a full one: SQLite calls some of them "disk I/O error". */
export function isFull(file: string): boolean {
  const { bavail, bsize, ffree, files } = statfsSync(dirname(file));
  return bavail * bsize < FULL_BYTES || (files > 0 && ffree === 0);
}

function freeBytes(file: string): number {
  const { bavail, bsize } = statfsSync(dirname(file));
  return bavail * bsize;
}

function fileOf(file: string): string {
  return `${file}.space`;
}
