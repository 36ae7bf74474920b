import { describe, expect, it } from 'vitest';
import { afterFailure, MAX_PAUSE_MS, pauseBefore, planRestart, RAN_WELL_MS } from './restart-plan.js';

const NOW = Date.parse('2026-01-01T00:00:00Z');
const ago = (ms: number): Date => new Date(NOW - ms);
const at = (ms: number): Date => new Date(NOW + ms);

describe('the restart plan', () => {
  it('waits 1 s, doubled each time, 5 min at most', () => {
    expect([1, 2, 3, 4, 9, 10, 50, 5000].map(pauseBefore)).toEqual([
      1000,
      2000,
      4000,
      8000,
      256_000,
      MAX_PAUSE_MS,
      MAX_PAUSE_MS,
      MAX_PAUSE_MS,
    ]);
    expect(afterFailure(3, NOW)).toEqual({ restarts: 4, restartAt: at(8000) });
  });

  it('follows the policy: a guest that powers itself off has not failed', () => {
    const plan = (restartPolicy: 'no' | 'on-failure' | 'always', cause: 'failed' | 'powered-off'): unknown =>
      planRestart({ restartPolicy, restarts: 0, startedAt: ago(1000) }, cause, NOW).restartAt;
    expect([plan('no', 'failed'), plan('no', 'powered-off')]).toEqual([null, null]);
    expect([plan('on-failure', 'failed'), plan('on-failure', 'powered-off')]).toEqual([at(1000), null]);
    expect([plan('always', 'failed'), plan('always', 'powered-off')]).toEqual([at(1000), at(1000)]);
  });

  it('begins anew with a VM that had run well', () => {
    const plan = (ranMs: number): unknown =>
      planRestart({ restartPolicy: 'always', restarts: 7, startedAt: ago(ranMs) }, 'failed', NOW);
    expect(plan(RAN_WELL_MS - 1)).toEqual({ restarts: 8, restartAt: at(128_000) });
    expect(plan(RAN_WELL_MS)).toEqual({ restarts: 1, restartAt: at(1000) });
  });
});
