import type { Vm } from '../vm.types.js';

const FIRST_PAUSE_MS = 1_000;
export const MAX_PAUSE_MS = 300_000;
/** `ms` after which a VM counts as having run well: the next failure is its first again */
export const RAN_WELL_MS = 600_000;

export interface RestartPlan {
  /** automatic restarts in a row, this one included */
  readonly restarts: number;
  /** when; null for never */
  readonly restartAt: Date | null;
}

/** `ms` before the n-th automatic restart in a row: 1 s, doubled each time, up to 5 min */
export function pauseBefore(restart: number): number {
  return Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (restart - 1));
}

/** What becomes of a VM that went down by itself. @param now `ms` since 1970 */
export function planRestart(
  vm: Pick<Vm, 'restartPolicy' | 'restarts' | 'startedAt'>,
  cause: 'failed' | 'powered-off',
  now: number,
): RestartPlan {
  const wanted = vm.restartPolicy === 'always' || (vm.restartPolicy === 'on-failure' && cause === 'failed');
  if (!wanted) return { restarts: 0, restartAt: null };
  const ranWell = vm.startedAt !== undefined && now - vm.startedAt.getTime() >= RAN_WELL_MS;
  return afterFailure(ranWell ? 0 : vm.restarts, now);
}

/** The next attempt, after so many in a row. */
export function afterFailure(restarts: number, now: number): RestartPlan {
  return { restarts: restarts + 1, restartAt: new Date(now + pauseBefore(restarts + 1)) };
}
