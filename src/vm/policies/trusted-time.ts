import type { Clock } from '../../core/clock/index.js';

/** A clock that is only corrected, as by NTP, moves less. `ms` */
const JUMP_MS = 60_000;
/** time to put a wrong clock right again, counted by what never jumps; `ms` */
const HOLD_MS = 900_000;
/** A host that has just booted may have a wrong clock until the network is up. `ms` */
const BOOT_MS = 120_000;

/**
 * Whether the time of day is good enough to delete things by. It is what users see and set, so it decides; but a clock
 * that jumps forward, and may be put right in a moment, must not delete everything at once: after a jump nothing is
 * deleted for 15 min. A host that wakes up has not jumped.
 */
export class TrustedTime {
  #now: number;
  #sinceBoot: number;
  #heldUntil = -Infinity;

  constructor(
    private readonly clock: Clock,
    private readonly onJump: (ms: number) => void,
  ) {
    this.#now = clock.now();
    this.#sinceBoot = clock.sinceBoot();
  }

  /** To be asked again and again: a jump shows between two calls. */
  isTrusted(): boolean {
    const now = this.clock.now();
    const sinceBoot = this.clock.sinceBoot();
    const jump = now - this.#now - (sinceBoot - this.#sinceBoot);
    this.#now = now;
    this.#sinceBoot = sinceBoot;
    if (Math.abs(jump) > JUMP_MS) {
      this.#heldUntil = jump > 0 ? sinceBoot + HOLD_MS : -Infinity;
      this.onJump(jump);
    }
    return sinceBoot >= BOOT_MS && sinceBoot >= this.#heldUntil;
  }
}
