import { setTimeout as delay } from 'node:timers/promises';
import type { QmpClient } from '../qmp-client.js';
import { isRecord } from '../qmp-protocol.js';
import { reach } from './migration.js';

/** `ms` that the guest may stand still for the last of its memory */
const DOWNTIME_MS = 50;
/** `ms` after which a guest that changes its memory faster than it can be copied is halted for the rest */
const CHASE_LIMIT_MS = 10_000;
const POLL_MIN_MS = 2;
/** `ms` that a migration takes to be over when it was cancelled */
const SETTLE_LIMIT_MS = 10_000;
const SETTLED: readonly unknown[] = ['none', 'completed', 'failed', 'cancelled'];
/** `prelaunch`: it never ran; `paused`: for the last of its memory */
const HALTED_BY_US: readonly unknown[] = ['prelaunch', 'paused', 'postmigrate', 'finish-migrate'];

interface LiveCopy {
  /** where the receiver listens */
  readonly uri: string;
  /** whether the memory can be copied while the guest changes it */
  readonly live: boolean;
  /** at the moment that the copy is of */
  readonly whileHalted: () => Promise<void>;
  /** whether it does not run on afterwards, unless it fails */
  readonly forGood: boolean;
  readonly signal: AbortSignal;
}

/**
 * Copies a running machine to another QEMU, and lets it run on, unless that is not wanted: all of its memory while it runs, then what has changed
 * meanwhile, and last of all, while it stands still, the rest. Where it cannot, it stands still for all of it: under
 * emulation QEMU 7.2 loses some of what a guest writes meanwhile, and most copies ended in a panic.
 * @returns `ms` that it stood still
 * @throws VmmProtocolError, the signal's reason, or what `whileHalted` throws: the machine runs on in any case
 */
export async function copyLive(
  source: QmpClient,
  { uri, live, whileHalted, forGood, signal }: LiveCopy,
): Promise<number> {
  await source.execute('migrate-set-capabilities', {
    capabilities: [
      { capability: 'x-ignore-shared', state: false },
      { capability: 'pause-before-switchover', state: true },
    ],
  });
  await source.execute('migrate-set-parameters', { 'downtime-limit': DOWNTIME_MS, 'max-bandwidth': 2 ** 40 });
  let halted: number | undefined;
  const halt = async (): Promise<void> => {
    halted ??= performance.now();
    await source.execute('stop');
  };
  try {
    if (!live) await halt();
    await source.execute('migrate', { uri });
    await chase(source, signal, halt);
    halted ??= performance.now();
    await whileHalted();
    await source.execute('migrate-continue', { state: 'pre-switchover' });
    await reach(source, 'completed', { signal });
  } catch (error) {
    await runOn(source);
    throw error;
  }
  if (!forGood) await runOn(source);
  return performance.now() - halted;
}

/** Until only what fits into the downtime is left; a guest that is too fast is halted for that. */
async function chase(source: QmpClient, signal: AbortSignal, halt: () => Promise<void>): Promise<void> {
  const deadline = performance.now() + CHASE_LIMIT_MS;
  const inTime = await reach(source, 'pre-switchover', { signal, deadline });
  if (inTime) return;
  await halt();
  await reach(source, 'pre-switchover', { signal });
}

/** Ends what is under way of a migration, and lets the guest run. A guest that a full disk has halted stays so. */
export async function runOn(source: QmpClient): Promise<void> {
  await source.execute('migrate_cancel');
  const deadline = performance.now() + SETTLE_LIMIT_MS;
  for (;;) {
    const answer = await source.execute('query-migrate');
    const status = isRecord(answer) ? answer['status'] : undefined;
    const settled = status === undefined || SETTLED.includes(status);
    if (settled || performance.now() >= deadline) break;
    await delay(POLL_MIN_MS);
  }
  const state = await source.execute('query-status');
  if (isRecord(state) && HALTED_BY_US.includes(state['status'])) await go(source, deadline);
}

/** For a moment after a migration has ended QEMU refuses it: "not finalized yet". */
async function go(source: QmpClient, deadline: number): Promise<void> {
  for (;;) {
    try {
      await source.execute('cont');
      return;
    } catch (error) {
      if (performance.now() >= deadline) throw error;
      await delay(POLL_MIN_MS);
    }
  }
}
