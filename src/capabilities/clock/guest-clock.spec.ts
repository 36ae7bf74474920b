import { describe, expect, it } from 'vitest';
import { isOff, readGuestClock } from './guest-clock.js';

describe('the clock of a guest', () => {
  it.each([
    [0, 0, false],
    [100, 0, false],
    [-101, 0, true],
    [101, 0, true],
    // an answer that took 2 s tells nothing of a clock that seems to be off by half of it
    [1_000, 1_000, false],
    [1_200, 1_000, true],
  ])('off by %d ms, known within %d ms: %s', (offsetMs, uncertaintyMs, off) => {
    expect(isOff({ offsetMs, uncertaintyMs })).toBe(off);
  });

  it('is told from the middle of question and answer', async () => {
    const slow = {
      time: async () => {
        await new Promise((resolve) => setTimeout(resolve, 40));
        const now = Date.now();
        await new Promise((resolve) => setTimeout(resolve, 40));
        return now + 5_000;
      },
    };
    const { offsetMs, uncertaintyMs } = await readGuestClock(slow);
    expect(Math.abs(offsetMs - 5_000)).toBeLessThan(uncertaintyMs + 2);
    expect(uncertaintyMs).toBeGreaterThan(30);
  });
});
