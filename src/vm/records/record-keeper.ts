import { Injectable } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { Database } from '../../core/database/index.js';
import { Jobs } from '../../core/jobs/index.js';
import { VmRepository } from '../vm.repository.js';
import { VmRecords } from './vm-records.js';

/** `ms`; unchanged VMs cost nothing */
const EVERY_MS = 10_000;

/** Keeps the records beside the disks up to date, whoever changes a VM. */
@Injectable()
export class RecordKeeper {
  readonly #round: () => Promise<void>;

  constructor(database: Database, vms: VmRepository, records: VmRecords, jobs: Jobs) {
    this.#round = jobs.define(
      'records',
      database.remembered(async () => records.keep(await vms.list())),
    );
  }

  @Interval(EVERY_MS)
  tick(): Promise<void> {
    return this.#round();
  }
}
