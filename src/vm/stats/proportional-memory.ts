import { Injectable } from '@nestjs/common';
import { ProcessMeter } from '../../core/process/index.js';
import type { Machine } from '../hypervisor/hypervisor.js';

/** `ms` for which a figure is given again */
const FRESH_MS = 30_000;
/** `ms` that one measurement is waited for, and that one question waits in all */
const WAIT_MS = 1_000;

interface Measurement {
  readonly begun: number;
  readonly ended: Promise<void>;
}

/**
 * PSS, on request alone: the kernel walks all pages of the process. One measurement at a time in the whole daemon, so
 * that a VMM whose memory is locked up can keep one thread of the pool busy and no more. Who asks meanwhile waits for
 * it, but for none that is waited for in vain already: of many VMs that are asked one after the other, one is slow.
 */
@Injectable()
export class ProportionalMemory {
  readonly #known = new WeakMap<Machine, { readonly bytes: number | undefined; readonly at: number }>();
  #underWay: Measurement | undefined;

  constructor(private readonly processes: ProcessMeter) {}

  /** `bytes`; undefined where it cannot be told now. */
  async of(machine: Machine): Promise<number | undefined> {
    const asked = performance.now();
    for (;;) {
      const known = this.#known.get(machine);
      if (known !== undefined && performance.now() - known.at < FRESH_MS) return known.bytes;
      const { begun, ended } = this.#underWay ?? this.#measure(machine);
      const waitMs = Math.min(asked, begun) + WAIT_MS - performance.now();
      if (!(await endsWithin(ended, waitMs))) return undefined;
    }
  }

  #measure(machine: Machine): Measurement {
    const ended = this.processes
      .proportionalBytes(machine.record.process)
      .catch(() => undefined)
      .then((bytes) => {
        this.#known.set(machine, { bytes, at: performance.now() });
        this.#underWay = undefined;
      });
    return (this.#underWay = { begun: performance.now(), ended });
  }
}

async function endsWithin(work: Promise<void>, limitMs: number): Promise<boolean> {
  if (limitMs <= 0) return false;
  const limit = Promise.withResolvers<false>();
  const timer = setTimeout(() => limit.resolve(false), limitMs);
  try {
    return await Promise.race([work.then(() => true), limit.promise]);
  } finally {
    clearTimeout(timer);
  }
}
