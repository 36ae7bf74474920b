import { setImmediate as turn } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { correctGuestClock, isOff } from '../../capabilities/index.js';
import { Clock } from '../../core/clock/index.js';
import { Config } from '../../core/config/index.js';
import { Jobs } from '../../core/jobs/index.js';
import { LOGGER } from '../../core/logging/index.js';
import type { Logger } from '../../core/logging/index.js';
import type { Machine } from '../hypervisor/hypervisor.js';
import { Machines } from '../machines.js';
import { PatientQuery } from '../stats/patient-query.js';
import { VmLocks } from '../vm-locks.js';

const LOOK_EVERY_MS = 1_000;
/** `ms` by which the time of day has to part from the time that passed to have been set */
const JUMP_MS = 100;
/** `ms` that one guest's clock may take to be set */
const LIMIT_MS = 60_000;

type Correction = Awaited<ReturnType<typeof correctGuestClock>>;

/**
 * Guests keep the host's time: each is compared every minute, and all at once when the host's own clock was set or the
 * host has slept. One message a guest; a guest that hangs is asked more and more rarely, and delays no other.
 */
@Injectable()
export class ClockKeeper {
  readonly #queries = new WeakMap<Machine, PatientQuery<Correction>>();
  readonly #round: () => Promise<void>;
  #parting: number | undefined;
  #due = 0;

  constructor(
    private readonly machines: Machines,
    private readonly locks: VmLocks,
    private readonly clock: Clock,
    private readonly config: Config,
    jobs: Jobs,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.#round = jobs.define('guest-clocks', () => this.#look());
  }

  @Interval(LOOK_EVERY_MS)
  tick(): Promise<void> {
    return this.#round();
  }

  async #look(): Promise<void> {
    const jumped = this.#hostJumped();
    const now = this.clock.awake();
    if (!jumped && now < this.#due) return;
    this.#due = now + this.config.values.clockCheckMs;
    for (const [vmId, machine] of this.machines.entries()) {
      // one that starts has its clock set by the start, one that stops needs none
      if (this.locks.holder(vmId) !== undefined) continue;
      this.#ask(vmId, machine);
      await turn();
    }
  }

  #ask(vmId: string, machine: Machine): void {
    let query = this.#queries.get(machine);
    if (query === undefined) {
      query = new PatientQuery(
        () => correctGuestClock(machine.agent, AbortSignal.timeout(LIMIT_MS)),
        () => this.clock.awake(),
      );
      this.#queries.set(machine, query);
    }
    query.poke(
      (correction) => this.#tell(vmId, correction),
      () => undefined,
    );
  }

  #tell(vmId: string, { before, after }: Correction): void {
    if (!isOff(before)) return;
    const facts = { vm: vmId, offByMs: Math.round(before.offsetMs), nowMs: Math.round(after.offsetMs) };
    if (isOff(after)) this.logger.warn(facts, 'the clock of a guest is off and could not be set');
    else this.logger.info(facts, 'set the clock of a guest');
  }

  /** Also after a sleep: the time of day has gone on then, the time awake has not. */
  #hostJumped(): boolean {
    const parting = this.clock.now() - this.clock.awake();
    const byMs = Math.round(parting - (this.#parting ?? parting));
    this.#parting = parting;
    if (Math.abs(byMs) <= JUMP_MS) return false;
    this.logger.warn({ byMs }, 'the clock of this host was set, or the host has slept');
    return true;
  }
}
