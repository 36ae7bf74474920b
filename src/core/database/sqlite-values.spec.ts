import { ColumnTypeEnum } from '@prisma/driver-adapter-utils';
import type { ArgType } from '@prisma/driver-adapter-utils';
import { expect, it } from 'vitest';
import { declaredType, inferType, toResultValue, toSqliteValue } from './sqlite-values.js';

function arg(scalarType: ArgType['scalarType']): ArgType {
  return { scalarType, arity: 'scalar' };
}

it.each([
  [null, arg('string'), null],
  [true, arg('boolean'), 1],
  [false, arg('boolean'), 0],
  ['9007199254740993', arg('bigint'), 9_007_199_254_740_993n],
  ['42', arg('int'), 42n],
  ['1.5', arg('float'), 1.5],
  ['2026-01-01T02:00:00+02:00', arg('datetime'), '2026-01-01T00:00:00.000Z'],
  [new Date(0), arg('datetime'), '1970-01-01T00:00:00.000Z'],
  ['42', arg('string'), '42'],
  ['{"a":1}', arg('json'), '{"a":1}'],
])('binds %s for %o', (value, type, expected) => {
  expect(toSqliteValue(value, type)).toEqual(expected);
});

it('binds bytes from base 64 and as they are', () => {
  expect([toSqliteValue('AAH/', arg('bytes')), toSqliteValue(new Uint8Array([7]), arg('bytes'))]).toEqual([
    Buffer.from([0, 1, 255]),
    new Uint8Array([7]),
  ]);
});

it.each([
  ['INTEGER', ColumnTypeEnum.Int32],
  ['bigint', ColumnTypeEnum.Int64],
  ['DECIMAL(10, 2)', ColumnTypeEnum.Numeric],
  ['DATETIME', ColumnTypeEnum.DateTime],
  ['JSONB', ColumnTypeEnum.Json],
  [null, undefined],
])('knows the declared type %s', (declared, expected) => {
  expect(declaredType(declared)).toBe(expected);
});

it.each([
  [[null, null], ColumnTypeEnum.Int32],
  [[null, 3n], ColumnTypeEnum.Int32],
  [[3n, 2n ** 40n], ColumnTypeEnum.Int64],
  [[3n, 1.5], ColumnTypeEnum.Double],
  [['a', null], ColumnTypeEnum.Text],
  [['a', 1n], ColumnTypeEnum.Text],
  [[new Uint8Array([1])], ColumnTypeEnum.Bytes],
])('infers the type of a column, case %#', (values, expected) => {
  expect(inferType(values)).toBe(expected);
});

it('gives 64-bit integers as text and all others as numbers', () => {
  expect([
    toResultValue(2n ** 60n, ColumnTypeEnum.Int64),
    toResultValue(1n, ColumnTypeEnum.Boolean),
    toResultValue(7n, ColumnTypeEnum.Int32),
    toResultValue(1.5, ColumnTypeEnum.Numeric),
    toResultValue(null, ColumnTypeEnum.Numeric),
  ]).toEqual(['1152921504606846976', 1, 7, '1.5', null]);
});
