import { DriverAdapterError } from '@prisma/driver-adapter-utils';
import type {
  ConnectionInfo,
  IsolationLevel,
  SqlDriverAdapter,
  SqlDriverAdapterFactory,
  SqlQuery,
  SqlResultSet,
  Transaction,
  TransactionOptions,
} from '@prisma/driver-adapter-utils';
import type { SqliteConnection } from './sqlite-connection.adapter.js';
import { TransactionGate } from './transaction-gate.js';

/*
 * By hand although Prisma publishes adapters: the one on better-sqlite3 lets a write made beside an open transaction
 * join it (an acknowledged write is lost with the rollback, prisma/orm#29679), the one on libsql loses its pragmas
 * after a transaction, and both need a native addon. Node's own SQLite needs nothing.
 */

const IDENTITY = { provider: 'sqlite', adapterName: 'banger-node-sqlite' } as const;

/** Longer than any transaction may take, see TRANSACTION_LIMITS; `ms` */
const MAX_WAIT_MS = 30_000;

/** Below SQLite's own limit of 32766 variables; longer lists are split by Prisma. */
const MAX_BIND_VALUES = 30_000;

/** Hands Prisma the connection that is already open; who opened it closes it. */
export class SqliteDriverFactory implements SqlDriverAdapterFactory {
  readonly provider = IDENTITY.provider;
  readonly adapterName = IDENTITY.adapterName;
  readonly #gate: TransactionGate;

  constructor(
    private readonly connection: SqliteConnection,
    maxWaitMs = MAX_WAIT_MS,
  ) {
    this.#gate = new TransactionGate(maxWaitMs);
  }

  /** Runs a synchronous body while nobody has a transaction open on the connection. */
  alone<T>(body: () => T): Promise<T> {
    return this.#gate.pass(body);
  }

  connect(): Promise<SqlDriverAdapter> {
    return Promise.resolve(new SqliteDriver(this.connection, this.#gate));
  }
}

class SqliteDriver implements SqlDriverAdapter {
  readonly provider = IDENTITY.provider;
  readonly adapterName = IDENTITY.adapterName;

  constructor(
    private readonly connection: SqliteConnection,
    private readonly gate: TransactionGate,
  ) {}

  queryRaw(query: SqlQuery): Promise<SqlResultSet> {
    return this.gate.pass(() => this.connection.query(query));
  }

  executeRaw(query: SqlQuery): Promise<number> {
    return this.gate.pass(() => this.connection.execute(query));
  }

  executeScript(script: string): Promise<void> {
    return this.gate.pass(() => this.connection.script(script));
  }

  async startTransaction(isolationLevel?: IsolationLevel): Promise<Transaction> {
    if (isolationLevel !== undefined && isolationLevel !== 'SERIALIZABLE') {
      throw new DriverAdapterError({ kind: 'InvalidIsolationLevel', level: isolationLevel });
    }
    const leave = await this.gate.enter();
    try {
      // IMMEDIATE takes the write lock now: a transaction that begins can also commit.
      this.connection.execute(statement('BEGIN IMMEDIATE'));
    } catch (error) {
      leave();
      throw error;
    }
    return new SqliteTransaction(this.connection, leave);
  }

  getConnectionInfo(): ConnectionInfo {
    return { maxBindValues: MAX_BIND_VALUES, supportsRelationJoins: false };
  }

  dispose(): Promise<void> {
    return Promise.resolve();
  }
}

class SqliteTransaction implements Transaction {
  readonly provider = IDENTITY.provider;
  readonly adapterName = IDENTITY.adapterName;
  /** COMMIT and ROLLBACK are ours, so that they and letting go of the connection are one step */
  readonly options: TransactionOptions = { usePhantomQuery: true };
  #open = true;

  constructor(
    private readonly connection: SqliteConnection,
    private readonly leave: () => void,
  ) {}

  queryRaw(query: SqlQuery): Promise<SqlResultSet> {
    return this.#within(() => this.connection.query(query));
  }

  executeRaw(query: SqlQuery): Promise<number> {
    return this.#within(() => this.connection.execute(query));
  }

  async createSavepoint(name: string): Promise<void> {
    await this.executeRaw(statement(`SAVEPOINT ${name}`));
  }

  async rollbackToSavepoint(name: string): Promise<void> {
    await this.executeRaw(statement(`ROLLBACK TO ${name}`));
  }

  async releaseSavepoint(name: string): Promise<void> {
    await this.executeRaw(statement(`RELEASE ${name}`));
  }

  async commit(): Promise<void> {
    try {
      await this.executeRaw(statement('COMMIT'));
    } finally {
      // A COMMIT that failed (disk full, say) leaves the transaction open.
      this.#end();
    }
  }

  rollback(): Promise<void> {
    return new Promise((resolve) => {
      this.#end();
      resolve();
    });
  }

  #end(): void {
    if (!this.#open) return;
    this.#open = false;
    try {
      if (this.connection.inTransaction) this.connection.execute(statement('ROLLBACK'));
    } finally {
      this.leave();
    }
  }

  /** SQLite ends a transaction by itself on some errors (disk full, I/O): what follows must not be committed alone. */
  async #within<T>(body: () => T): Promise<T> {
    if (!this.#open || !this.connection.inTransaction) {
      const cause = 'The transaction has already ended.';
      throw new DriverAdapterError({ kind: 'TransactionAlreadyClosed', cause });
    }
    return body();
  }
}

function statement(sql: string): SqlQuery {
  return { sql, args: [], argTypes: [] };
}
