import { Injectable } from '@nestjs/common';
import { Clock } from '../../core/clock/index.js';
import { OomRecords } from './oom-records.adapter.js';

/** `ms` for which a kill that nobody has explained yet may be a VM's */
const BLAME_MS = 60_000;
/** `ms` for which what was read of the kernel's log is good: many VMs may end at once */
const LOG_MS = 1_000;

/**
 * Tells whether the kernel killed a process for lack of memory. The kernel's log names the process, but only root may
 * read it on most hosts; the counter is everybody's, but names nobody.
 */
@Injectable()
export class OomWatch {
  #count: number | undefined;
  #unexplained = 0;
  #raisedAt = -Infinity;
  #victims: Promise<Set<number> | undefined> | undefined;
  #victimsAt = -Infinity;

  constructor(
    private readonly records: OomRecords,
    private readonly clock: Clock,
  ) {}

  /** Keeps up with the counter, so that what it counted before a VM's end is not blamed for it. */
  async look(): Promise<void> {
    const count = await this.records.kills();
    const risen = count === undefined || this.#count === undefined ? 0 : count - this.#count;
    this.#count = count;
    const now = this.clock.awake();
    if (now - this.#raisedAt > BLAME_MS) this.#unexplained = 0;
    if (risen <= 0) return;
    this.#unexplained += risen;
    this.#raisedAt = now;
  }

  /** @param mayBe whether the process's end looks like such a kill, where the kernel names nobody */
  async blame(pid: number, mayBe: boolean): Promise<'certain' | 'probable' | undefined> {
    await this.look();
    const victims = await this.#readVictims();
    if (victims !== undefined) return victims.has(pid) ? 'certain' : undefined;
    if (!mayBe || this.#unexplained === 0) return undefined;
    this.#unexplained -= 1;
    return 'probable';
  }

  #readVictims(): Promise<Set<number> | undefined> {
    const now = this.clock.awake();
    if (this.#victims === undefined || now - this.#victimsAt > LOG_MS) {
      this.#victims = this.records.victims();
      this.#victimsAt = now;
    }
    return this.#victims;
  }
}
