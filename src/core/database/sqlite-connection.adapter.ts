import { DatabaseSync } from 'node:sqlite';
import type { StatementSync } from 'node:sqlite';
import { ColumnTypeEnum } from '@prisma/driver-adapter-utils';
import type { ColumnType, SqlQuery, SqlResultSet } from '@prisma/driver-adapter-utils';
import { DiskFullError } from '../errors/index.js';
import { releaseSpace } from './database-space.adapter.js';
import { toDriverError } from './sqlite-errors.js';
import { toUserError } from './sqlite-failures.js';
import { declaredType, inferType, needsBigInts, toResultValue, toSqliteValue } from './sqlite-values.js';
import type { SqliteValue } from './sqlite-values.js';

interface PreparedStatement {
  readonly statement: StatementSync;
  readonly columnNames: string[];
  readonly declaredTypes: (ColumnType | undefined)[];
}

/** Statements kept ready. Prisma makes one text per shape of query; lists of values make more. */
const CACHED_STATEMENTS = 200;

/** Of the write-ahead log: when it is this long it is copied into the database and begun anew. SQLite's own is 1000. */
const CHECKPOINT_PAGES = 256;

/** One open SQLite file: pragmas, prepared statements, conversion of values and errors. Synchronous, as SQLite is. */
export class SqliteConnection {
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, PreparedStatement>();

  constructor(readonly file: string) {
    // How long to wait for a foreign process that writes, such as someone's sqlite3 shell, `ms`.
    this.#database = new DatabaseSync(file, { timeout: 5000, enableForeignKeyConstraints: true });
    // FULL: each commit is on the disk before it is acknowledged, which NORMAL does not promise under WAL.
    this.#database.exec(
      `PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES}`,
    );
  }

  get inTransaction(): boolean {
    return this.#database.isTransaction;
  }

  query(query: SqlQuery): SqlResultSet {
    return this.#guarded(() => {
      const { statement, columnNames, declaredTypes } = this.#prepare(query.sql);
      const values = bind(query);
      if (columnNames.length === 0) {
        const { lastInsertRowid } = statement.run(...values);
        return { columnNames, columnTypes: [], rows: [], lastInsertId: lastInsertRowid.toString() };
      }
      // Rows come as arrays (setReturnArrays), which the type of `all` does not know.
      const rows = statement.all(...values) as unknown as SqliteValue[][];
      const columnTypes = declaredTypes.map(
        (type, at) => type ?? inferType(rows.map((row) => row[at] ?? null)),
      );
      // Most results need none, and a list of a thousand VMs has 23,000 values.
      const asTheyAre = !declaredTypes.some(needsBigInts) && !columnTypes.includes(ColumnTypeEnum.Numeric);
      return {
        columnNames,
        columnTypes,
        rows: asTheyAre ? rows : rows.map((row) => convertRow(row, columnTypes)),
      };
    });
  }

  /** @returns the number of rows changed */
  execute(query: SqlQuery): number {
    return this.#guarded(() => Number(this.#prepare(query.sql).statement.run(...bind(query)).changes));
  }

  /** Runs any number of statements. May change the schema, so that nothing prepared before is kept. */
  script(sql: string): void {
    this.#statements.clear();
    this.#guarded(() => this.#database.exec(sql));
  }

  /** Another after every change to the database, by this connection or by somebody else. A few microseconds. */
  version(): string {
    const [own, others] = ['SELECT total_changes()', 'PRAGMA data_version'].map(
      (sql) => this.query({ sql, args: [], argTypes: [] }).rows[0]?.[0],
    );
    return `${String(own)} ${String(others)}`;
  }

  close(): void {
    this.#statements.clear();
    if (this.#database.isOpen) this.#database.close();
  }

  /**
   * A statement by itself is tried again with the space that was kept for a full disk. Within a transaction SQLite has
   * undone what came before it.
   */
  #guarded<T>(body: () => T): T {
    const alone = !this.inTransaction;
    try {
      return body();
    } catch (error) {
      const failure = toUserError(this.file, error);
      if (failure instanceof DiskFullError && releaseSpace(this.file) && alone) return this.#guarded(body);
      throw failure ?? toDriverError(error);
    }
  }

  /** Least recently used out first: a Map keeps the order of insertion. */
  #prepare(sql: string): PreparedStatement {
    const prepared = this.#statements.get(sql) ?? prepare(this.#database, sql);
    this.#statements.delete(sql);
    this.#statements.set(sql, prepared);
    if (this.#statements.size > CACHED_STATEMENTS) {
      for (const oldest of this.#statements.keys()) {
        this.#statements.delete(oldest);
        break;
      }
    }
    return prepared;
  }
}

function prepare(database: DatabaseSync, sql: string): PreparedStatement {
  const statement = database.prepare(sql);
  const columns = statement.columns();
  const declaredTypes = columns.map((column) => declaredType(column.type));
  statement.setReturnArrays(true);
  statement.setReadBigInts(declaredTypes.some(needsBigInts));
  return { statement, columnNames: columns.map((column) => column.name), declaredTypes };
}

function bind(query: SqlQuery): SqliteValue[] {
  return query.args.map((value, at) => toSqliteValue(value, query.argTypes[at]));
}

function convertRow(row: SqliteValue[], types: ColumnType[]): unknown[] {
  return types.map((type, at) => toResultValue(row[at] ?? null, type));
}
