import { Injectable } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { Jobs } from '../../core/jobs/index.js';
import { MachineWatcher } from '../lifecycle/machine-watcher.js';
import { LeftoverReport } from './leftover-report.js';
import { OomWatch } from './oom-watch.js';
import { StrayVms } from './stray-vms.js';

const EVERY_MS = 15_000;
/** rounds between two looks for leftovers, which read the command line of every process */
const LEFTOVERS_EVERY = 40;

/**
 * Finds what no event tells. Ends of machines are heard of at once (MachineWatcher), those of an earlier daemon's
 * included; what is left are ends that could not be written down, VMs that nobody attends to, and leftovers.
 */
@Injectable()
export class ReaperJob {
  /** One round; an `@Interval` below calls it. */
  readonly round: () => Promise<void>;
  #count = 0;

  constructor(
    jobs: Jobs,
    private readonly oom: OomWatch,
    private readonly watcher: MachineWatcher,
    private readonly strays: StrayVms,
    private readonly leftovers: LeftoverReport,
  ) {
    this.round = jobs.define('stale reaper', () => this.#look());
  }

  @Interval(EVERY_MS)
  tick(): Promise<void> {
    return this.round();
  }

  async #look(): Promise<void> {
    await this.oom.look();
    await this.watcher.recordAgain();
    await this.strays.repair();
    if (this.#count % LEFTOVERS_EVERY === 0) await this.leftovers.tell();
    this.#count += 1;
  }
}
