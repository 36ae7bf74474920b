import { setImmediate as turn } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { LOGGER } from '../../core/logging/index.js';
import type { Logger } from '../../core/logging/index.js';
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
  #running = false;

  constructor(
    private readonly machines: Machines,
    private readonly processes: ProcessMeter,
    private readonly hypervisor: Hypervisor,
    private readonly files: VmFiles,
    private readonly paths: VmPathFinder,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** The newest figures; undefined when the VM does not run, or only just does. */
  latest(vmId: string): VmSample | undefined {
    return this.#meters.get(vmId)?.latest;
  }

  /** One point for every 5 s, oldest first. @param since `ms` since the epoch; the whole last hour when left out */
  history(vmId: string, since?: number): SamplePoint[] {
    return this.#meters.get(vmId)?.points(since) ?? [];
  }

  /** The job. A VM that hangs has fewer figures, and delays no other. */
  @Interval(SAMPLE_EVERY_MS)
  async sampleAll(): Promise<void> {
    if (this.#running) return;
    this.#running = true;
    try {
      for (const [vmId, machine] of this.machines.entries()) {
        this.#meterOf(vmId, machine).sample();
        // Requests are served in between.
        await turn();
      }
      for (const [vmId, meter] of this.#meters)
        if (this.machines.get(vmId) !== meter.machine) this.#meters.delete(vmId);
    } catch (error) {
      this.logger.error({ err: error }, 'the VMs could not be sampled');
    } finally {
      this.#running = false;
    }
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
