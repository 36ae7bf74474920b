import { ColumnTypeEnum } from '@prisma/driver-adapter-utils';
import type { ArgType, ColumnType } from '@prisma/driver-adapter-utils';

/** A value as node:sqlite takes and gives it. */
export type SqliteValue = null | number | bigint | string | Uint8Array;

/** Column types that Prisma's SQLite migrations declare, and the usual others for hand-written SQL. */
const DECLARED: Readonly<Record<string, ColumnType>> = {
  INTEGER: ColumnTypeEnum.Int32,
  INT: ColumnTypeEnum.Int32,
  BIGINT: ColumnTypeEnum.Int64,
  REAL: ColumnTypeEnum.Double,
  DOUBLE: ColumnTypeEnum.Double,
  FLOAT: ColumnTypeEnum.Float,
  DECIMAL: ColumnTypeEnum.Numeric,
  NUMERIC: ColumnTypeEnum.Numeric,
  BOOLEAN: ColumnTypeEnum.Boolean,
  DATETIME: ColumnTypeEnum.DateTime,
  JSONB: ColumnTypeEnum.Json,
  JSON: ColumnTypeEnum.Json,
  BLOB: ColumnTypeEnum.Bytes,
  TEXT: ColumnTypeEnum.Text,
};

/** The declared type of a column, without its length; undefined for an expression such as COUNT(*). */
export function declaredType(type: string | null): ColumnType | undefined {
  return type === null ? undefined : DECLARED[type.replace(/\(.*$/, '').trim().toUpperCase()];
}

/** Whether integers of the column may exceed what a JavaScript number holds. */
export function needsBigInts(type: ColumnType | undefined): boolean {
  return type === undefined || type === ColumnTypeEnum.Int64;
}

/** Type of a column without a declaration, from its values; SQLite types values, not columns. */
export function inferType(values: Iterable<SqliteValue>): ColumnType {
  let inferred: ColumnType | undefined;
  for (const value of values) {
    const type = typeOf(value);
    if (type === undefined || type === inferred) continue;
    inferred = inferred === undefined ? type : widest(inferred, type);
  }
  return inferred ?? ColumnTypeEnum.Int32;
}

function typeOf(value: SqliteValue): ColumnType | undefined {
  if (value === null) return undefined;
  if (typeof value === 'bigint')
    return BigInt.asIntN(32, value) === value ? ColumnTypeEnum.Int32 : ColumnTypeEnum.Int64;
  if (typeof value === 'number') return ColumnTypeEnum.Double;
  return typeof value === 'string' ? ColumnTypeEnum.Text : ColumnTypeEnum.Bytes;
}

function widest(one: ColumnType, other: ColumnType): ColumnType {
  const integers: ColumnType[] = [ColumnTypeEnum.Int32, ColumnTypeEnum.Int64];
  if (integers.includes(one) && integers.includes(other)) return ColumnTypeEnum.Int64;
  const numbers: ColumnType[] = [...integers, ColumnTypeEnum.Double];
  return numbers.includes(one) && numbers.includes(other) ? ColumnTypeEnum.Double : ColumnTypeEnum.Text;
}

/** From SQLite to Prisma, which wants 64-bit integers and decimals as text. */
export function toResultValue(value: SqliteValue, type: ColumnType): unknown {
  if (type === ColumnTypeEnum.Numeric) return value === null ? null : String(value);
  if (typeof value !== 'bigint') return value;
  return type === ColumnTypeEnum.Int64 ? value.toString() : Number(value);
}

/** From Prisma to SQLite. Dates become ISO 8601 in UTC, whose order as text is their order in time. */
export function toSqliteValue(value: unknown, type: ArgType | undefined): SqliteValue {
  if (value === null || value === undefined) return null;
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (typeof value === 'number' || typeof value === 'bigint') return value;
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Uint8Array) return value;
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  return typeof value === 'string' ? fromText(value, type) : JSON.stringify(value);
}

/** Prisma's query plans carry values that JSON cannot hold as text. */
function fromText(value: string, type: ArgType | undefined): SqliteValue {
  switch (type?.scalarType) {
    case 'int':
    case 'bigint':
      return BigInt(value);
    case 'float':
    case 'decimal':
      return Number(value);
    case 'datetime':
      return new Date(value).toISOString();
    case 'bytes':
      return Buffer.from(value, 'base64');
    default:
      return value;
  }
}
