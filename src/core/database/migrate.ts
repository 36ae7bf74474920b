import { InternalError, isKind } from '../errors/index.js';
import {
  DatabaseMigrationEditedError,
  DatabaseMigrationFailedError,
  DatabaseTooNewError,
} from './database-errors.js';
import type { Migration } from './migration-files.adapter.js';
import type { SqliteConnection } from './sqlite-connection.adapter.js';

/*
 * By hand because Prisma applies migrations with an engine binary only. The table is Prisma's own, so that its tools
 * understand a banger database.
 */
const CREATE_TABLE = `CREATE TABLE IF NOT EXISTS "_prisma_migrations" (
  "id" TEXT PRIMARY KEY NOT NULL, "checksum" TEXT NOT NULL, "finished_at" DATETIME, "migration_name" TEXT NOT NULL,
  "logs" TEXT, "rolled_back_at" DATETIME, "started_at" DATETIME NOT NULL DEFAULT current_timestamp,
  "applied_steps_count" INTEGER UNSIGNED NOT NULL DEFAULT 0)`;

export interface MigrationOptions {
  readonly connection: SqliteConnection;
  /** every migration that the program knows, oldest first */
  readonly known: readonly Migration[];
  /** Copies the database before its first change; gets the first migration's name, returns the path of the copy. */
  readonly backUp: (migration: string) => string;
}

/**
 * Brings the schema up to date. All missing migrations are one transaction, so that a failure leaves the database as
 * it was, usable by the banger that made it.
 * @returns names of the migrations applied
 * @throws DatabaseTooNewError, DatabaseMigrationEditedError, DatabaseMigrationFailedError
 */
export function migrate({ connection, known, backUp }: MigrationOptions): string[] {
  const applied = readApplied(connection);
  refuseForeign(connection.file, known, applied);
  const missing = known.filter((migration) => !applied.has(migration.name));
  const [first] = missing;
  if (first === undefined) return [];
  const backup = applied.size === 0 ? undefined : backUp(first.name);
  // Tables are rebuilt by dropping and renaming them. Within a transaction this pragma would do nothing.
  connection.script('PRAGMA foreign_keys = OFF');
  try {
    apply(connection, missing, backup);
  } finally {
    connection.script('PRAGMA foreign_keys = ON');
  }
  return missing.map((migration) => migration.name);
}

function readApplied(connection: SqliteConnection): Map<string, string> {
  const tables = rows(connection, `SELECT name FROM sqlite_master WHERE name = '_prisma_migrations'`);
  if (tables.length === 0) return new Map();
  const applied = rows(connection, 'SELECT migration_name, checksum FROM "_prisma_migrations"');
  return new Map(applied.map(([name, checksum]) => [String(name), String(checksum)]));
}

function refuseForeign(
  file: string,
  known: readonly Migration[],
  applied: ReadonlyMap<string, string>,
): void {
  const names = new Set(known.map((migration) => migration.name));
  const unknown = [...applied.keys()].filter((name) => !names.has(name));
  if (unknown.length > 0) throw new DatabaseTooNewError(file, unknown);
  const edited = known.find(({ name, checksum }) => applied.has(name) && applied.get(name) !== checksum);
  if (edited !== undefined) throw new DatabaseMigrationEditedError(file, edited.name);
}

function apply(
  connection: SqliteConnection,
  missing: readonly Migration[],
  backup: string | undefined,
): void {
  let current = missing[0]?.name ?? '';
  try {
    connection.script('BEGIN IMMEDIATE');
    connection.script(CREATE_TABLE);
    for (const migration of missing) {
      current = migration.name;
      applyOne(connection, migration);
    }
    connection.script('COMMIT');
  } catch (error) {
    if (connection.inTransaction) connection.script('ROLLBACK');
    if (isKind(error, 'DISK_FULL')) throw error;
    throw new DatabaseMigrationFailedError(connection.file, current, backup, error);
  }
}

function applyOne(connection: SqliteConnection, { name, sql, checksum }: Migration): void {
  connection.script(sql);
  if (!connection.inTransaction)
    throw new InternalError(`the migration ${name} ends the transaction it is run in`);
  const dangling = rows(connection, 'PRAGMA foreign_key_check');
  if (dangling.length > 0)
    throw new InternalError(
      `the migration ${name} leaves rows of ${String(dangling[0]?.[0])} without what they refer to`,
    );
  const now = new Date().toISOString();
  connection.execute({
    sql: 'INSERT INTO "_prisma_migrations" (id, checksum, finished_at, migration_name, started_at, applied_steps_count) VALUES (?, ?, ?, ?, ?, 1)',
    args: [crypto.randomUUID(), checksum, now, name, now],
    argTypes: [],
  });
}

function rows(connection: SqliteConnection, sql: string): unknown[][] {
  return connection.query({ sql, args: [], argTypes: [] }).rows;
}
