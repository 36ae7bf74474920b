import { expect, it } from 'vitest';
import { parseContentRange, parseLength } from './content-range.js';

it.each([
  ['bytes 5-9/10', { start: 5, total: 10 }],
  ['bytes 5-9/*', { start: 5 }],
  ['bytes */10', { total: 10 }],
  ['bytes 5-/10', undefined],
  ['items 5-9/10', undefined],
  ['bytes 5-9/10, bytes 1-2/10', undefined],
  ['bytes -5-9/99999999999999999999', undefined],
  [undefined, undefined],
])('Content-Range %s', (value, range) => {
  expect(parseContentRange(value)).toEqual(range);
});

it.each([
  ['0', 0],
  ['12', 12],
  ['-1', undefined],
  ['1e3', undefined],
  ['9999999999999999', undefined],
  [undefined, undefined],
])('Content-Length %s', (value, length) => {
  expect(parseLength(value)).toBe(length);
});
