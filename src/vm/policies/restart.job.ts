import { Inject, Injectable } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { Clock } from '../../core/clock/index.js';
import { toBangerError } from '../../core/errors/index.js';
import { Jobs } from '../../core/jobs/index.js';
import { LOGGER } from '../../core/logging/index.js';
import type { Logger } from '../../core/logging/index.js';
import { VmStartService } from '../lifecycle/start.service.js';
import { VmRepository } from '../vm.repository.js';
import { PolicyRepository } from './policy.repository.js';
import { afterFailure, MAX_PAUSE_MS, RAN_WELL_MS } from './restart-plan.js';
import { VmTasks } from './vm-tasks.js';

const EVERY_MS = 1_000;
/** Boots that compete for the CPU all take longer: after a host's restart its VMs come up a few at a time. */
export const MAX_BOOTING = 2;
/** rounds between two looks for VMs that have run well */
const FORGET_EVERY = 30;

/** Starts VMs again whose restart policy says so, when their time has come. */
@Injectable()
export class RestartJob {
  readonly #tasks: VmTasks;
  #count = 0;
  /** One round; an `@Interval` below calls it. */
  readonly round: () => Promise<void>;

  constructor(
    jobs: Jobs,
    private readonly clock: Clock,
    private readonly rows: PolicyRepository,
    private readonly vms: VmRepository,
    private readonly starting: VmStartService,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.round = jobs.define('automatic restarts', () => this.#startDue());
    this.#tasks = new VmTasks(clock, (vm, error) =>
      logger.error(
        { vm, err: toBangerError(error) },
        'an automatic restart was not possible; it is tried again',
      ),
    );
  }

  @Interval(EVERY_MS)
  tick(): Promise<void> {
    return this.round();
  }

  async #startDue(): Promise<void> {
    const now = this.clock.now();
    for (const id of await this.rows.dueRestarts(now, MAX_PAUSE_MS)) {
      if (this.#tasks.size >= MAX_BOOTING) break;
      this.#tasks.start(id, () => this.#start(id));
    }
    this.#count += 1;
    if (this.#count % FORGET_EVERY === 0) await this.rows.forgetRestarts(now - RAN_WELL_MS);
  }

  async #start(id: string): Promise<void> {
    const vm = await this.vms.find(id);
    if (vm?.restartAt === undefined) return;
    if (vm.restartPolicy === 'no') {
      await this.vms.update(id, { restarts: 0, restartAt: null });
      return;
    }
    this.logger.warn(
      { vm: id, restarts: vm.restarts, lastEnd: vm.lastEnd },
      'starting a VM again that went down',
    );
    try {
      await this.starting.startAgain(vm);
    } catch (error) {
      await this.#failed(id, error);
    }
  }

  /** A start that does not come about counts like a VM that goes down again. */
  async #failed(id: string, cause: unknown): Promise<void> {
    const error = toBangerError(cause, 'the automatic restart');
    // Cancelled: by a user, who does not want it, or by the daemon's end, after which it is still due.
    if (error.kind === 'CANCELLED') return;
    const vm = await this.vms.find(id);
    if (vm === undefined || (vm.state !== 'stopped' && vm.state !== 'failed')) return;
    if (error.kind === 'VM_BUSY') throw error;
    if (vm.restartAt === undefined) return;
    const plan = afterFailure(vm.restarts, this.clock.now());
    await this.vms.update(id, { ...plan, error: { message: error.message, data: error.toData() } });
    this.logger.warn({ vm: id, ...plan, err: error }, 'a VM could not be started again; it is tried later');
  }
}
