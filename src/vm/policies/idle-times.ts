import { Injectable } from '@nestjs/common';
import { Clock } from '../../core/clock/index.js';

/** `ms`: between two looks at a VM at most so much counts; a daemon that was halted has not seen what went on */
const MAX_GAP_MS = 30_000;

interface IdleTime {
  readonly idleMs: number;
  readonly limitMs: number;
  /** by Clock.awake */
  readonly seenAt: number;
}

/**
 * How long VMs have not been used, in memory alone: a new daemon begins anew, so that it never stops one too early.
 * Counted while the host is awake.
 */
@Injectable()
export class IdleTimes {
  readonly #times = new Map<string, IdleTime>();

  constructor(private readonly clock: Clock) {}

  /** Takes a look at a VM into account. @returns whether it has been idle for so long that it is to be stopped */
  see(vmId: string, limitMs: number, used: boolean): boolean {
    const seenAt = this.clock.awake();
    const before = this.#times.get(vmId);
    const idleMs =
      used || before === undefined ? 0 : before.idleMs + Math.min(seenAt - before.seenAt, MAX_GAP_MS);
    this.#times.set(vmId, { idleMs, limitMs, seenAt });
    return !used && idleMs >= limitMs;
  }

  /** When the VM will be stopped if nobody uses it; undefined when it is in use, or is not to be stopped. */
  stopAt(vmId: string): Date | undefined {
    const time = this.#times.get(vmId);
    if (time === undefined || time.idleMs === 0) return undefined;
    const left = time.limitMs - time.idleMs - (this.clock.awake() - time.seenAt);
    return new Date(this.clock.now() + Math.max(0, left));
  }

  forget(vmId: string): void {
    this.#times.delete(vmId);
  }

  forgetOthers(current: ReadonlySet<string>): void {
    for (const vmId of this.#times.keys()) if (!current.has(vmId)) this.#times.delete(vmId);
  }
}
