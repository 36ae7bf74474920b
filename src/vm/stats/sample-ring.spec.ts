import { describe, expect, it } from 'vitest';
import { SampleRing, SERIES } from './sample-ring.js';
import type { SamplePoint } from './sample-ring.js';

const point = (at: number): SamplePoint => ({
  at,
  cpuCores: at / 4,
  residentBytes: at * 1000,
  guestUsedBytes: Number.NaN,
  diskReadRate: 1,
  diskWriteRate: 2,
  networkReceiveRate: 3,
  networkSendRate: 4,
});

describe('SampleRing', () => {
  it('gives back what it was given, each value in its own series', () => {
    const ring = new SampleRing(3);
    ring.push(point(8));
    expect(ring.points()).toEqual([point(8)]);
    expect(Object.keys(point(8)).toSorted()).toEqual(['at', ...SERIES].toSorted());
  });

  it('keeps the newest only, oldest first', () => {
    const ring = new SampleRing(3);
    for (let at = 1; at <= 8; at += 1) ring.push(point(at));
    expect(ring.points().map(({ at }) => at)).toEqual([6, 7, 8]);
    expect(ring.points(7).map(({ at }) => at)).toEqual([7, 8]);
    expect(new SampleRing(3).points()).toEqual([]);
  });
});
