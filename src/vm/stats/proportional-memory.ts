import { Injectable } from '@nestjs/common';
import { ProcessMeter } from '../../core/process/index.js';
import type { Machine } from '../hypervisor/hypervisor.js';

/** `ms` for which a figure is given again */
const FRESH_MS = 30_000;
/** `ms` that one measurement is waited for */
const WAIT_MS = 1_000;

/**
 * PSS, on request alone: the kernel walks all pages of the process. One measurement at a time in the whole daemon, so
 * that a VMM whose memory is locked up can keep one thread of the pool busy and no more.
 */
@Injectable()
export class ProportionalMemory {
  readonly #known = new WeakMap<Machine, { readonly bytes: number | undefined; readonly at: number }>();
  #busy = false;

  constructor(private readonly processes: ProcessMeter) {}

  /** `bytes`; undefined where it cannot be told now. */
  async of(machine: Machine): Promise<number | undefined> {
    const known = this.#known.get(machine);
    if (known !== undefined && performance.now() - known.at < FRESH_MS) return known.bytes;
    if (this.#busy) return known?.bytes;
    this.#busy = true;
    const measured = this.processes
      .proportionalBytes(machine.record.process)
      .then((bytes) => {
        this.#known.set(machine, { bytes, at: performance.now() });
        return bytes;
      })
      .finally(() => {
        this.#busy = false;
      });
    const limit = Promise.withResolvers<undefined>();
    const timer = setTimeout(() => limit.resolve(undefined), WAIT_MS);
    try {
      return await Promise.race([measured, limit.promise]);
    } finally {
      clearTimeout(timer);
    }
  }
}
