import { accessSync, constants, cpSync, existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Injectable } from '@nestjs/common';
import { Config } from '../config/index.js';
import { isKind } from '../errors/index.js';
import { BookReader, BOOKS_KEPT_MS } from './book-reader.js';
import type { BookRows, BookState } from './book-reader.js';
import { refuseLostDatabase } from './database-presence.adapter.js';
import { readMigrations } from './migration-files.adapter.js';

const SQLITE_BUSY = 5;

/**
 * Of a database that a daemon has open a second, read-only connection sees the truth. Where none runs a copy is read:
 * opening even for reading would recover the journal of a killed daemon, and a doctor changes nothing.
 */
@Injectable()
export class SqliteBookReader extends BookReader {
  #kept: { state: BookState; until: number } | undefined;

  constructor(private readonly config: Config) {
    super();
  }

  override async read(): Promise<BookState> {
    if (this.#kept === undefined || this.#kept.until < performance.now())
      this.#kept = { state: this.#read(), until: performance.now() + BOOKS_KEPT_MS };
    return Promise.resolve(this.#kept.state);
  }

  override isHeld(): boolean {
    if (!existsSync(this.config.lockPath)) return false;
    let lock: DatabaseSync | undefined;
    try {
      lock = new DatabaseSync(this.config.lockPath, { readOnly: true, timeout: 0 });
      lock.prepare('SELECT count(*) FROM sqlite_master').get();
      return false;
    } catch (error) {
      return (error as { errcode?: number }).errcode === SQLITE_BUSY;
    } finally {
      lock?.close();
    }
  }

  #read(): BookState {
    return readBooks(this.config.databasePath, this.isHeld());
  }
}

/** @param held whether a daemon has it open */
export function readBooks(file: string, held: boolean): BookState {
  try {
    // with a daemon at work the file and its journal change between two looks
    if (!held) refuseLostDatabase(file);
    if (!existsSync(file) || statSync(file).size === 0) return { state: 'missing' };
    const state = held ? readFrom(file) : readCopy(file);
    return state.state === 'readable'
      ? { ...state, rows: { ...state.rows, writable: isWritable(file) } }
      : state;
  } catch (error) {
    const reason = isKind(error, 'DATABASE_DAMAGED') ? error.details.reason : (error as Error).message;
    return { state: 'damaged', reason: reason.replace(/\s+/g, ' ') };
  }
}

function readCopy(file: string): BookState {
  const directory = mkdtempSync(join(tmpdir(), 'banger-doctor-'));
  try {
    const copy = join(directory, basename(file));
    cpSync(file, copy);
    if (existsSync(`${file}-wal`)) cpSync(`${file}-wal`, `${copy}-wal`);
    return readFrom(copy, false);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function readFrom(file: string, readOnly = true): BookState {
  const database = new DatabaseSync(file, { readOnly, timeout: 2_000 });
  try {
    const [found] = all<{ quick_check: string }>(database, 'PRAGMA quick_check(1)');
    if (found?.quick_check !== 'ok')
      return { state: 'damaged', reason: (found?.quick_check ?? 'no answer').replace(/\s+/g, ' ') };
    // one moment for all tables: what is in the ledger has its owner in the others
    database.exec('BEGIN');
    return { state: 'readable', rows: readRows(database) };
  } finally {
    database.close();
  }
}

/** Whole rows are read, since the columns of an older banger's tables may be fewer. */
function readRows(database: DatabaseSync): BookRows {
  const known = readMigrations().map(({ name }) => name);
  const applied = table(database, '_prisma_migrations').map((row) => text(row['migration_name']));
  return {
    vms: table(database, 'Vm').map((row) => ({
      id: text(row['id']),
      name: text(row['name']),
      state: text(row['state']),
      imageId: text(row['imageId']),
      // tables of before the column have qcow2 alone
      diskBackend: text(row['diskBackend']) || 'qcow2',
      hasWorkDisk: typeof row['workDiskMib'] === 'number',
      uid: typeof row['uid'] === 'number' ? row['uid'] : undefined,
      hostKeyPublic: text(row['hostKeyPublic']),
      machine: json(row['machine']),
      errorKind: errorKindOf(json(row['error'])),
    })),
    images: table(database, 'Image').map((row) => ({
      id: text(row['id']),
      name: text(row['name']),
      recipeDigest: text(row['recipeDigest']),
      diskBytes: Number(row['diskBytes']),
    })),
    ledger: table(database, 'LedgerEntry').map((row) => ({
      kind: text(row['kind']),
      key: text(row['key']),
      ownerType: text(row['ownerType']),
      ownerId: text(row['ownerId']),
    })),
    operations: table(database, 'Operation', `WHERE state = 'running'`).map((row) => ({
      id: text(row['id']),
      kind: text(row['kind']),
      subjectId: text(row['subjectId']),
      subjectName: text(row['subjectName']),
    })),
    writable: true,
    unknownMigrations: applied.filter((name) => !known.includes(name)),
    missingMigrations: known.filter((name) => !applied.includes(name)).length,
  };
}

type Row = Readonly<Record<string, unknown>>;

function table(database: DatabaseSync, name: string, where = ''): Row[] {
  const there = all(database, `SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = '${name}'`);
  return there.length === 0 ? [] : all<Row>(database, `SELECT * FROM "${name}" ${where}`);
}

function all<T>(database: DatabaseSync, sql: string): T[] {
  return database.prepare(sql).all() as T[];
}

function errorKindOf(error: unknown): string | undefined {
  return (error as { data?: { kind?: string } } | null | undefined)?.data?.kind;
}

function isWritable(file: string): boolean {
  try {
    accessSync(file, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function json(value: unknown): unknown {
  try {
    return typeof value === 'string' ? JSON.parse(value) : undefined;
  } catch {
    return undefined;
  }
}
