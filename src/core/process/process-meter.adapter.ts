import { closeSync, openSync, readSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { Injectable } from '@nestjs/common';
import { parsePss, parseProcUsage } from './proc-usage.js';
import type { ProcessUsage } from './proc-usage.js';
import { ProcessMeter } from './process-meter.js';
import type { ProcessIdentity } from './process-runner.js';

/** A stat line has 52 fields and is some 300 bytes long. */
const MAX_STAT_BYTES = 2048;

@Injectable()
export class ProcMeter extends ProcessMeter {
  readonly #buffer = Buffer.alloc(MAX_STAT_BYTES);

  /** Synchronous on purpose: the kernel answers from memory in less time than a thread is woken up in. */
  usage({ pid, startTicks }: ProcessIdentity): ProcessUsage | undefined {
    try {
      const file = openSync(`/proc/${pid}/stat`, 'r');
      try {
        const length = readSync(file, this.#buffer, 0, MAX_STAT_BYTES, 0);
        return parseProcUsage(this.#buffer.toString('latin1', 0, length), startTicks);
      } finally {
        closeSync(file);
      }
    } catch {
      return undefined;
    }
  }

  async proportionalBytes(identity: ProcessIdentity): Promise<number | undefined> {
    const rollup = await readFile(`/proc/${identity.pid}/smaps_rollup`, 'latin1').catch(() => '');
    // Looked at afterwards: the pid may have become another's in between.
    return this.usage(identity) === undefined ? undefined : parsePss(rollup);
  }
}
