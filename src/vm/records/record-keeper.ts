import { Inject, Injectable } from '@nestjs/common';
import type { OnModuleDestroy } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { Database } from '../../core/database/index.js';
import { Jobs } from '../../core/jobs/index.js';
import { LOGGER } from '../../core/logging/index.js';
import type { Logger } from '../../core/logging/index.js';
import { VmRepository } from '../vm.repository.js';
import { VmRecords } from './vm-records.js';

/** `ms`; unchanged VMs cost nothing */
const EVERY_MS = 10_000;

/** Keeps the records beside the disks up to date, whoever changes a VM. */
@Injectable()
export class RecordKeeper implements OnModuleDestroy {
  readonly #keep: () => Promise<void>;
  readonly #round: () => Promise<void>;

  constructor(
    database: Database,
    vms: VmRepository,
    records: VmRecords,
    jobs: Jobs,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.#keep = database.remembered(async () => records.keep(await vms.list()));
    this.#round = jobs.define('records', this.#keep);
  }

  @Interval(EVERY_MS)
  tick(): Promise<void> {
    return this.#round();
  }

  /** The next daemon may not come: what changed since the last round is written now, when jobs run no more. */
  async onModuleDestroy(): Promise<void> {
    await this.#keep().catch((error: unknown) =>
      this.logger.error({ err: error }, 'the records beside the disks are not up to date'),
    );
  }
}
