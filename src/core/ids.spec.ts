import { expect, it } from 'vitest';
import { newId } from './ids.js';

it('makes short ids that sort by the second they were made in', () => {
  const start = Date.UTC(2026, 0, 1);
  const ids = Array.from({ length: 100 }, (_, at) => newId('vm', start + at * 1000));
  expect(ids.every((id) => /^vm_[0-9a-hjkmnp-tv-z]{12}$/.test(id))).toBe(true);
  expect(ids.toSorted()).toEqual(ids);
});

it('makes different ids within one second', () => {
  const now = Date.UTC(2026, 0, 1);
  expect(new Set(Array.from({ length: 1000 }, () => newId('op', now))).size).toBe(1000);
});
