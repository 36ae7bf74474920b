import { Injectable } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { Database } from '../core/database/index.js';
import { Jobs } from '../core/jobs/index.js';

/** Often: what was freed may be gone again soon. A round costs a look at the file system. */
const EVERY_MS = 10_000;

/** Keeps room in the database while there is some, so that VMs can be stopped and deleted when there is none. */
@Injectable()
export class DatabaseUpkeep {
  readonly #round: () => Promise<void>;

  constructor(database: Database, jobs: Jobs) {
    this.#round = jobs.define('database space', () => database.keepSpace());
  }

  @Interval(EVERY_MS)
  tick(): Promise<void> {
    return this.#round();
  }
}
