import { describe, expect, it, vi } from 'vitest';
import type { Machine } from '../hypervisor/hypervisor.js';
import { settleMemory } from './guest-settings.js';

/** A guest that gives back `mib` at each look, down to what it needs itself. */
function giving(mib: number, needs: number): Machine {
  let has = 2048;
  return {
    setMemory: () => Promise.resolve(),
    memory: () => Promise.resolve((has = Math.max(needs, has - mib))),
  } as unknown as Machine;
}

describe('memory taken from a running guest', () => {
  // On a busy host 1 GiB took longer than the 20 s that there were: a guest that was still giving back was told as one that refuses.
  it('is waited for as long as it comes nearer, and not when it stands still', async () => {
    vi.useFakeTimers();
    try {
      const settled = Promise.all([settleMemory(giving(2, 0), 1024), settleMemory(giving(256, 1100), 1024)]);
      await vi.advanceTimersByTimeAsync(60_000);
      expect(await settled).toEqual([1024, 1100]);
    } finally {
      vi.useRealTimers();
    }
  });
});
