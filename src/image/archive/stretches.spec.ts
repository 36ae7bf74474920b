import { describe, expect, it } from 'vitest';
import { HOLE_BLOCK, nonZeroStretches, StretchList } from './stretches.js';

describe('nonZeroStretches', () => {
  it('finds whole blocks, the last as long as it is', () => {
    const piece = Buffer.alloc(5 * HOLE_BLOCK + 10);
    for (const at of [HOLE_BLOCK, 3 * HOLE_BLOCK - 1, piece.length - 1]) piece[at] = 1;
    expect(nonZeroStretches(piece)).toEqual([
      { offset: HOLE_BLOCK, length: 2 * HOLE_BLOCK },
      { offset: 5 * HOLE_BLOCK, length: 10 },
    ]);
    expect(nonZeroStretches(Buffer.alloc(100_000))).toEqual([]);
  });
});

describe('StretchList', () => {
  it('joins what touches', () => {
    const list = new StretchList(10);
    list.add({ offset: 0, length: 5 });
    list.add({ offset: 5, length: 5 });
    list.add({ offset: 11, length: 5 });
    expect(list.list()).toEqual([
      { offset: 0, length: 10 },
      { offset: 11, length: 5 },
    ]);
  });

  it('gives up the smallest holes first when there are too many, and none of the data', () => {
    const list = new StretchList(100);
    const big = 1000 * HOLE_BLOCK;
    for (let index = 0; index < 1000; index += 1) {
      const offset = index * 2 * HOLE_BLOCK + (index >= 500 ? big : 0);
      list.add({ offset, length: HOLE_BLOCK });
    }
    const found = list.list();
    expect(found.length).toBeLessThanOrEqual(100);
    const holds = (at: number): boolean =>
      found.some(({ offset, length }) => offset <= at && at < offset + length);
    for (let index = 0; index < 1000; index += 1)
      expect(holds(index * 2 * HOLE_BLOCK + (index >= 500 ? big : 0))).toBe(true);
    expect(holds(999 * HOLE_BLOCK + big / 2)).toBe(false);
  });
});
