import { DriverAdapterError } from '@prisma/driver-adapter-utils';
import { DiskFullError, StateDirectoryUnusableError } from '../errors/index.js';
import { DatabaseDamagedError } from './database-errors.js';
import { backUpDatabase, prepareDatabaseFile } from './database-file.adapter.js';
import { Database } from './database.js';
import { PrismaClient } from './generated/client.js';
import { migrate } from './migrate.js';
import { readMigrations } from './migration-files.adapter.js';
import type { Migration } from './migration-files.adapter.js';
import { SqliteConnection } from './sqlite-connection.adapter.js';
import { isSqliteError } from './sqlite-errors.js';
import { SqliteDriverFactory } from './sqlite-driver.js';

export interface OpenDatabaseOptions {
  readonly file: string;
  /** banger's own when left out */
  readonly migrations?: readonly Migration[];
}

/** How long a transaction may wait for its turn, and last, `ms`. They hold up everybody: keep them short. */
const TRANSACTION_LIMITS = { maxWait: 10_000, timeout: 10_000 };

/**
 * Opens the database, makes it if it is not there and brings its schema up to date.
 * @throws BangerError STATE_DIR_UNUSABLE, DISK_FULL, DATABASE_DAMAGED, DATABASE_TOO_NEW, DATABASE_MIGRATION_EDITED, DATABASE_MIGRATION_FAILED
 */
export async function openDatabase({ file, migrations }: OpenDatabaseOptions): Promise<Database> {
  prepareDatabaseFile(file);
  const connection = connect(file);
  try {
    const known = migrations ?? readMigrations();
    const migrated = migrate({ connection, known, backUp: (name) => backUpDatabase(connection, name) });
    const client = new PrismaClient({
      adapter: new SqliteDriverFactory(connection),
      errorFormat: 'minimal',
      transactionOptions: TRANSACTION_LIMITS,
    });
    await client.$connect();
    return new Database(client, migrated, async () => {
      await client.$disconnect();
      connection.close();
    });
  } catch (error) {
    connection.close();
    throw explain(file, error);
  }
}

/** Opens the file and reads all of it: damage should be met now and not in the middle of some work. */
function connect(file: string): SqliteConnection {
  let connection: SqliteConnection | undefined;
  try {
    connection = new SqliteConnection(file);
    const { rows } = connection.query({ sql: 'PRAGMA quick_check(1)', args: [], argTypes: [] });
    const verdict = String(rows[0]?.[0]);
    if (verdict !== 'ok') throw new DatabaseDamagedError(file, verdict);
    return connection;
  } catch (error) {
    connection?.close();
    throw explain(file, error);
  }
}

const PRIMARY_CODES = { busy: 5, readOnly: 8, corrupt: 11, full: 13, cannotOpen: 14, notADatabase: 26 };

/** What a user can do about an error of SQLite while the database is opened; any other error is returned as it is. */
function explain(file: string, error: unknown): unknown {
  const code = sqliteCode(error);
  const message = error instanceof Error ? error.message : '';
  switch (code === undefined ? undefined : code & 0xff) {
    case PRIMARY_CODES.corrupt:
    case PRIMARY_CODES.notADatabase:
      return new DatabaseDamagedError(file, message, error);
    case PRIMARY_CODES.full:
      return new DiskFullError(file, error);
    case PRIMARY_CODES.busy:
      return new StateDirectoryUnusableError(file, {
        reason: 'another program has the database locked',
        cause: error,
      });
    case PRIMARY_CODES.readOnly:
    case PRIMARY_CODES.cannotOpen:
      return new StateDirectoryUnusableError(file, { reason: message, cause: error });
    default:
      return error;
  }
}

function sqliteCode(error: unknown): number | undefined {
  if (isSqliteError(error)) return error.errcode;
  const original = error instanceof DriverAdapterError ? error.cause.originalCode : undefined;
  return original === undefined ? undefined : Number(original);
}
