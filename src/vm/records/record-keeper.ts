import { Injectable } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { Jobs } from '../../core/jobs/index.js';
import { VmRepository } from '../vm.repository.js';
import { VmRecords } from './vm-records.js';

/** `ms`; a thousand unchanged VMs cost a query */
const EVERY_MS = 10_000;

/** Keeps the records beside the disks up to date, whoever changes a VM. */
@Injectable()
export class RecordKeeper {
  readonly #round: () => Promise<void>;

  constructor(vms: VmRepository, records: VmRecords, jobs: Jobs) {
    this.#round = jobs.define('records', async () => records.keep(await vms.list()));
  }

  @Interval(EVERY_MS)
  tick(): Promise<void> {
    return this.#round();
  }
}
