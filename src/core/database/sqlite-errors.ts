import { DriverAdapterError } from '@prisma/driver-adapter-utils';
import type { MappedError } from '@prisma/driver-adapter-utils';

/** What node:sqlite throws: `errcode` is SQLite's extended result code (https://www.sqlite.org/rescode.html). */
export interface SqliteError extends Error {
  readonly code: 'ERR_SQLITE_ERROR';
  readonly errcode: number;
}

const CODES = {
  error: 1,
  busy: 5,
  locked: 6,
  foreignKey: 787,
  notNull: 1299,
  primaryKey: 1555,
  /** also what a foreign key with ON DELETE RESTRICT raises; the schema has no triggers of its own */
  trigger: 1811,
  unique: 2067,
} as const;

export function isSqliteError(error: unknown): error is SqliteError {
  return error instanceof Error && 'code' in error && error.code === 'ERR_SQLITE_ERROR' && 'errcode' in error;
}

/** Gives an error of SQLite the form from which Prisma makes its `P…` codes; any other is returned as it is. */
export function toDriverError(error: unknown): unknown {
  if (!isSqliteError(error)) return error;
  const mapped = mapError(error);
  return new DriverAdapterError({
    ...mapped,
    originalCode: `${error.errcode}`,
    originalMessage: error.message,
  });
}

function mapError(error: SqliteError): MappedError {
  switch (error.errcode) {
    case CODES.unique:
    case CODES.primaryKey:
      return { kind: 'UniqueConstraintViolation', ...constraintOf(error.message) };
    case CODES.notNull:
      return { kind: 'NullConstraintViolation', ...constraintOf(error.message) };
    case CODES.foreignKey:
    case CODES.trigger:
      return { kind: 'ForeignKeyConstraintViolation', constraint: { foreignKey: {} } };
    case CODES.error:
      return missingThing(error);
    default:
      // The low byte is the primary code: BUSY_SNAPSHOT, LOCKED_SHAREDCACHE and so on count as their family.
      return [CODES.busy, CODES.locked].some((code) => code === (error.errcode & 0xff))
        ? { kind: 'SocketTimeout' }
        : { kind: 'sqlite', extendedCode: error.errcode, message: error.message };
  }
}

/*
 * SQLite tells which columns, table or index only in its message; these forms are part of its tests and
 * have not changed since version 3.8: "UNIQUE constraint failed: Vm.name, Vm.id", "no such table: main.Vm".
 */
function constraintOf(message: string): {
  constraint?: { fields: string[] } | { index: string };
  table?: string;
} {
  const what = message.slice(message.indexOf('failed: ') + 'failed: '.length);
  const index = /^index '(.*)'$/.exec(what)?.[1];
  if (index !== undefined) return { constraint: { index } };
  const columns = what.split(', ').map((column) => column.split('.'));
  const fields = columns.flatMap(([, field]) => (field === undefined ? [] : [field]));
  const table = columns[0]?.[0];
  return fields.length === 0 ? {} : { constraint: { fields }, ...(table !== undefined && { table }) };
}

function missingThing(error: SqliteError): MappedError {
  const table = /^no such table: (?:main\.)?(.+)$/.exec(error.message)?.[1];
  if (table !== undefined) return { kind: 'TableDoesNotExist', table };
  const column = /^(?:no such column: |table \S+ has no column named )(.+)$/.exec(error.message)?.[1];
  if (column !== undefined) return { kind: 'ColumnNotFound', column };
  return { kind: 'sqlite', extendedCode: error.errcode, message: error.message };
}
