import { describe, expect, it } from 'vitest';
import { suggest } from './suggest.js';

describe('suggestions', () => {
  const names = ['run', 'list', 'start', 'stop', 'delete'];
  it.each([
    ['lisst', 'list'],
    ['tsop', 'stop'],
    ['delet', 'delete'],
    ['strat', 'start'],
    ['xyz', undefined],
    ['', undefined],
  ])('%s → %s', (word, expected) => {
    expect(suggest(word, names)).toBe(expected);
  });
});
