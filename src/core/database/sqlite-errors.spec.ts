import { expect, it } from 'vitest';
import { toDriverError } from './sqlite-errors.js';

function sqliteError(errcode: number, message: string): Error {
  return Object.assign(new Error(message), { code: 'ERR_SQLITE_ERROR', errcode });
}

it.each([
  [
    2067,
    'UNIQUE constraint failed: Vm.name',
    { kind: 'UniqueConstraintViolation', constraint: { fields: ['name'] }, table: 'Vm' },
  ],
  [
    1555,
    'UNIQUE constraint failed: Step.operationId, Step.index',
    { constraint: { fields: ['operationId', 'index'] } },
  ],
  [2067, "UNIQUE constraint failed: index 'by_name'", { constraint: { index: 'by_name' } }],
  [
    1299,
    'NOT NULL constraint failed: Vm.cpus',
    { kind: 'NullConstraintViolation', constraint: { fields: ['cpus'] } },
  ],
  [787, 'FOREIGN KEY constraint failed', { kind: 'ForeignKeyConstraintViolation' }],
  [1, 'no such table: main.Nope', { kind: 'TableDoesNotExist', table: 'Nope' }],
  [1, 'no such column: nope', { kind: 'ColumnNotFound', column: 'nope' }],
  [1, 'table Vm has no column named nope', { kind: 'ColumnNotFound', column: 'nope' }],
  [1, 'near "selec": syntax error', { kind: 'sqlite', extendedCode: 1 }],
  [517, 'database is locked', { kind: 'SocketTimeout' }],
  [13, 'database or disk is full', { kind: 'sqlite', extendedCode: 13, originalCode: '13' }],
])('maps SQLite code %i, %s', (code, message, expected) => {
  expect(toDriverError(sqliteError(code, message))).toMatchObject({
    name: 'DriverAdapterError',
    cause: expected,
  });
});

it('leaves other errors alone', () => {
  const error = new TypeError('mine');
  expect(toDriverError(error)).toBe(error);
});
