import { Injectable } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { Jobs } from '../core/jobs/index.js';
import { LogFile } from '../core/logging/index.js';

/** So long the log may be past its bound. A round costs a look at the file. */
const EVERY_MS = 10_000;

/** Keeps the daemon's log bounded, and where it can be read. */
@Injectable()
export class LogUpkeep {
  readonly #round: () => Promise<void>;

  constructor(file: LogFile, jobs: Jobs) {
    this.#round = jobs.define('log file', () => file.keep());
  }

  @Interval(EVERY_MS)
  tick(): Promise<void> {
    return this.#round();
  }
}
