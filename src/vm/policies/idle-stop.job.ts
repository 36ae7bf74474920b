import { Inject, Injectable } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { toBangerError } from '../../core/errors/index.js';
import { Jobs } from '../../core/jobs/index.js';
import { LOGGER } from '../../core/logging/index.js';
import type { Logger } from '../../core/logging/index.js';
import { IdleEnd } from './idle-end.js';
import { IdleTimes } from './idle-times.js';
import { PolicyRepository } from './policy.repository.js';
import type { IdleRow } from './policy.repository.js';
import { VmUse } from './vm-use.js';

const EVERY_MS = 5_000;

/** Stops, or suspends, VMs that nobody uses. */
@Injectable()
export class IdleStopJob {
  readonly #stopping = new Set<string>();
  /** One round; an `@Interval` below calls it. */
  readonly round: () => Promise<void>;

  constructor(
    jobs: Jobs,
    private readonly times: IdleTimes,
    private readonly rows: PolicyRepository,
    private readonly use: VmUse,
    private readonly end: IdleEnd,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.round = jobs.define('idle stop', () => this.#look());
  }

  @Interval(EVERY_MS)
  tick(): Promise<void> {
    return this.round();
  }

  async #look(): Promise<void> {
    const vms = await this.rows.idleStops();
    this.times.forgetOthers(new Set(vms.map(({ id }) => id)));
    if (vms.length === 0) return;
    const used = await this.use.used(vms);
    for (const vm of vms) {
      const isDue = this.times.see(vm.id, vm.idleStopSeconds * 1000, used.has(vm.id));
      if (isDue && !this.#stopping.has(vm.id)) void this.#stop(vm);
    }
  }

  /** Not waited for. One that cannot be stopped is left alone for as long again. */
  async #stop({ id, idleStopSeconds }: IdleRow): Promise<void> {
    this.#stopping.add(id);
    try {
      const reason = `idle for ${plainDuration(idleStopSeconds)}`;
      this.logger.info({ vm: id }, `ending a VM that was ${reason}`);
      await this.end.run(id, reason);
    } catch (error) {
      const failure = toBangerError(error);
      if (failure.kind !== 'CANCELLED')
        this.logger.warn({ vm: id, err: failure }, 'an idle VM could not be stopped');
    } finally {
      this.times.forget(id);
      this.#stopping.delete(id);
    }
  }
}

/** `30m`, `90s`, `2h` */
export function plainDuration(seconds: number): string {
  if (seconds % 3600 === 0) return `${seconds / 3600}h`;
  return seconds % 60 === 0 ? `${seconds / 60}m` : `${seconds}s`;
}
