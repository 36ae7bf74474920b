import { DatabaseDamagedError } from './database-errors.js';
import { backUpDatabase, prepareDatabaseFile } from './database-file.adapter.js';
import { findDamage, markOpen, refuseLostDatabase, refuseOrphans } from './database-presence.adapter.js';
import { keepSpace, releaseSpaceIfLow, reserveFile } from './database-space.adapter.js';
import { Database } from './database.js';
import { PrismaClient } from './generated/client.js';
import { migrate } from './migrate.js';
import { readMigrations } from './migration-files.adapter.js';
import type { Migration } from './migration-files.adapter.js';
import { SqliteConnection } from './sqlite-connection.adapter.js';
import { SqliteDriverFactory } from './sqlite-driver.js';
import { toUserError } from './sqlite-failures.js';

export interface OpenDatabaseOptions {
  readonly file: string;
  /** banger's own when left out */
  readonly migrations?: readonly Migration[];
}

/** How long a transaction may wait for its turn, and last, `ms`. They hold up everybody: keep them short. */
const TRANSACTION_LIMITS = { maxWait: 10_000, timeout: 10_000 };

/**
 * Opens the database, makes it if it is not there and brings its schema up to date. A damaged one is left as it is.
 * @throws BangerError STATE_DIR_UNUSABLE, DISK_FULL, DATABASE_DAMAGED, DATABASE_TOO_NEW, DATABASE_MIGRATION_EDITED, DATABASE_MIGRATION_FAILED
 */
export async function openDatabase({ file, migrations }: OpenDatabaseOptions): Promise<Database> {
  const connection = connect(file);
  try {
    const known = migrations ?? readMigrations();
    const migrated = migrate({ connection, known, backUp: (name) => backUpDatabase(connection, name) });
    keepSpace(connection, 'new');
    const unmark = markOpen(file);
    const adapter = new SqliteDriverFactory(connection);
    const client = new PrismaClient({
      adapter,
      errorFormat: 'minimal',
      transactionOptions: TRANSACTION_LIMITS,
    });
    await client.$connect();
    return new Database(client, migrated, {
      version: () => connection.version(),
      keepSpace: () => adapter.alone(() => keepSpace(connection, 'grown')),
      close: async () => {
        await client.$disconnect();
        unmark();
        connection.close();
        reserveFile(file);
      },
    });
  } catch (error) {
    connection.close();
    throw toUserError(file, error) ?? error;
  }
}

/** Opens the file and reads all of it: damage should be met now and not in the middle of some work. */
function connect(file: string): SqliteConnection {
  refuseLostDatabase(file);
  prepareDatabaseFile(file);
  let connection: SqliteConnection | undefined;
  try {
    releaseSpaceIfLow(file);
    const damage = findDamage(file);
    if (damage !== undefined) throw new DatabaseDamagedError(file, damage);
    connection = new SqliteConnection(file);
    if (hasNoTables(connection)) refuseOrphans(file);
    return connection;
  } catch (error) {
    connection?.close();
    throw toUserError(file, error) ?? error;
  }
}

function hasNoTables(connection: SqliteConnection): boolean {
  const sql = 'SELECT 1 FROM sqlite_master LIMIT 1';
  return connection.query({ sql, args: [], argTypes: [] }).rows.length === 0;
}
