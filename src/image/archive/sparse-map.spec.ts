import { describe, expect, it } from 'vitest';
import { formatSparseMap, parseSparseMap, SparseMapError } from './sparse-map.js';

const BOUNDS = { realBytes: 1_000_000, maxStretches: 1000 };
const STRETCHES = [
  { offset: 0, length: 512 },
  { offset: 4096, length: 10 },
  { offset: 1_000_000, length: 0 },
];

describe('the map of a sparse file', () => {
  it('is read as it was written, whatever follows it', () => {
    const map = formatSparseMap(STRETCHES);
    expect(map.length).toBe(512);
    const read = parseSparseMap(Buffer.concat([map, Buffer.from('data')]), BOUNDS);
    expect(read).toEqual({ stretches: STRETCHES, mapBytes: 512 });
  });

  it('takes as many blocks as it needs', () => {
    const many = Array.from({ length: 500 }, (_, index) => ({ offset: index * 1000, length: 7 }));
    const map = formatSparseMap(many);
    expect(map.length % 512).toBe(0);
    expect(parseSparseMap(map, BOUNDS)).toEqual({ stretches: many, mapBytes: map.length });
  });

  it('wants more as long as it has not ended', () => {
    const map = formatSparseMap(STRETCHES);
    for (const length of [0, 1, 5, 20, 511])
      expect(parseSparseMap(map.subarray(0, length), BOUNDS)).toBeUndefined();
  });

  it.each([
    ['a word', 'x\n'],
    ['a negative number', '1\n-1\n2\n'],
    ['a number without an end', '1'.repeat(600)],
    ['more stretches than allowed', '1001\n'],
    ['stretches that overlap', '2\n0\n10\n5\n10\n'],
    ['one outside of the file', '1\n999999\n2\n'],
  ])('is refused with %s', (_what, text) => {
    expect(() => parseSparseMap(Buffer.from(text.padEnd(512, '\0')), BOUNDS)).toThrow(SparseMapError);
  });
});
