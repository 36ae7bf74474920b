import { setImmediate as turn } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { Jobs } from '../../core/jobs/index.js';
import { ProcessMeter } from '../../core/process/index.js';
import { Hypervisor } from '../hypervisor/hypervisor.js';
import type { Machine } from '../hypervisor/hypervisor.js';
import { Machines } from '../machines.js';
import { VmFiles } from '../vm-files.adapter.js';
import { VmPathFinder } from '../vm-paths.js';
import type { SamplePoint } from './sample-ring.js';
import { SAMPLE_EVERY_MS, VmMeter } from './vm-meter.js';
import type { VmSample } from './vm-meter.js';

/**
 * What every running VM uses, sampled off the request path: the last hour of each, in memory. A VM that ends is
 * forgotten with the next sample; a new start begins anew.
 */
@Injectable()
export class VmSampler {
  readonly #meters = new Map<string, VmMeter>();
  readonly #round: () => Promise<void>;

  constructor(
    private readonly machines: Machines,
    private readonly processes: ProcessMeter,
    private readonly hypervisor: Hypervisor,
    private readonly files: VmFiles,
    private readonly paths: VmPathFinder,
    jobs: Jobs,
  ) {
    this.#round = jobs.define('sampling', (signal) => this.#sampleAll(signal));
  }

  /** The newest figures; undefined when the VM does not run, or only just does. */
  latest(vmId: string): VmSample | undefined {
    return this.#meters.get(vmId)?.latest;
  }

  /** One point for every 5 s, oldest first. @param since `ms` since the epoch; the whole last hour when left out */
  history(vmId: string, since?: number): SamplePoint[] {
    return this.#meters.get(vmId)?.points(since) ?? [];
  }

  @Interval(SAMPLE_EVERY_MS)
  sample(): Promise<void> {
    return this.#round();
  }

  /** A VM that hangs has fewer figures, and delays no other. */
  async #sampleAll(stop: AbortSignal): Promise<void> {
    for (const [vmId, machine] of this.machines.entries()) {
      if (stop.aborted) return;
      this.#meterOf(vmId, machine).sample();
      // Requests are served in between.
      await turn();
    }
    for (const [vmId, meter] of this.#meters)
      if (this.machines.get(vmId) !== meter.machine) this.#meters.delete(vmId);
  }

  #meterOf(vmId: string, machine: Machine): VmMeter {
    const known = this.#meters.get(vmId);
    if (known?.machine === machine) return known;
    const meter = new VmMeter(machine, {
      processes: this.processes,
      clock: () => performance.now(),
      allocated: () => this.files.allocatedBytes(this.paths.of(vmId).directory),
      networkCounters: this.hypervisor.features.networkCounters,
    });
    this.#meters.set(vmId, meter);
    return meter;
  }
}
