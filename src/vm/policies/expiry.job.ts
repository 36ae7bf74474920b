import { Inject, Injectable } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { Clock } from '../../core/clock/index.js';
import { toBangerError } from '../../core/errors/index.js';
import { Jobs } from '../../core/jobs/index.js';
import { LOGGER } from '../../core/logging/index.js';
import type { Logger } from '../../core/logging/index.js';
import { VmDeleteService } from '../lifecycle/delete.service.js';
import { VmRepository } from '../vm.repository.js';
import type { Vm } from '../vm.types.js';
import { PolicyRepository } from './policy.repository.js';
import { TrustedTime } from './trusted-time.js';
import { VmTasks } from './vm-tasks.js';

const EVERY_MS = 2_000;
/** What is under way on an expired VM, a longer time to live perhaps, may take so long to end before it is cancelled. */
const PATIENCE_MS = 60_000;

/** Deletes VMs whose time to live is over, whatever they are doing, also when it ended while no daemon ran. */
@Injectable()
export class ExpiryJob {
  readonly #tasks: VmTasks;
  readonly #time: TrustedTime;
  /** One round; an `@Interval` below calls it. */
  readonly round: () => Promise<void>;

  constructor(
    jobs: Jobs,
    private readonly clock: Clock,
    private readonly rows: PolicyRepository,
    private readonly vms: VmRepository,
    private readonly deletion: VmDeleteService,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.round = jobs.define('expiry', () => this.#deleteExpired());
    this.#tasks = new VmTasks(clock, (vm, error) =>
      logger.error(
        { vm, err: toBangerError(error) },
        'an expired VM could not be deleted; it is tried again',
      ),
    );
    this.#time = new TrustedTime(clock, (ms) =>
      logger.warn(
        { ms },
        ms > 0
          ? 'the clock has jumped forward: for 15 minutes no VM is deleted because its time is over'
          : 'the clock has been set back',
      ),
    );
  }

  @Interval(EVERY_MS)
  tick(): Promise<void> {
    return this.round();
  }

  async #deleteExpired(): Promise<void> {
    if (!this.#time.isTrusted()) return;
    const expired = await this.rows.expired(this.clock.now());
    this.#tasks.forgetOthers(new Set(expired.map(({ id }) => id)));
    for (const { id } of expired) this.#tasks.start(id, () => this.#delete(id));
  }

  async #delete(id: string): Promise<void> {
    const vm = await this.vms.find(id);
    if (vm?.expiresAt === undefined || !this.#isOver(vm)) return;
    const isPatient = this.clock.now() < vm.expiresAt.getTime() + PATIENCE_MS;
    try {
      await this.deletion.delete(vm, true, {
        reason: `its time to live was over at ${vm.expiresAt.toISOString()}`,
        stillHolds: (current) => this.#isOver(current),
        interrupts: !isPatient,
      });
      this.logger.info(
        { vm: id, name: vm.name, expiresAt: vm.expiresAt },
        'deleted a VM whose time to live was over',
      );
    } catch (error) {
      const { kind } = toBangerError(error);
      // What is under way may end by itself; the daemon's end is no failure.
      if (kind !== 'CANCELLED' && !(kind === 'VM_BUSY' && isPatient)) throw error;
    }
  }

  #isOver({ expiresAt }: Pick<Vm, 'expiresAt'>): boolean {
    return expiresAt !== undefined && expiresAt.getTime() <= this.clock.now();
  }
}
