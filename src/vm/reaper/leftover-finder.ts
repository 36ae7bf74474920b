import { Injectable } from '@nestjs/common';
import { Clock } from '../../core/clock/index.js';
import { Config } from '../../core/config/index.js';
import { DiskUsage } from './disk-usage.adapter.js';
import type { Leftover } from './leftover.js';
import { MachineProcesses } from './machine-processes.js';

/** `ms`: the kernel counts a process's start in hundredths of a second, on every architecture that we run on */
const TICK_MS = 10;

/** Everything of VMs that is on the host below this state directory, owned or not. */
@Injectable()
export class LeftoverFinder {
  constructor(
    private readonly config: Config,
    private readonly machines: MachineProcesses,
    private readonly usage: DiskUsage,
    private readonly clock: Clock,
  ) {}

  /** Sizes are left out (0): they cost a look at every file. */
  async everything(): Promise<Leftover[]> {
    const { vmsDirectory } = this.config;
    const runtimeDirectories = this.config.vmRuntimeDirectory('').slice(0, -1);
    const [processes, ...paths] = await Promise.all([
      this.#processes(),
      this.#paths(vmsDirectory),
      this.#paths(runtimeDirectories),
    ]);
    return [...processes, ...paths.flat()];
  }

  async #processes(): Promise<Leftover[]> {
    const found = await this.machines.find();
    return found.map(({ identity, vmId, memoryBytes }) => ({
      kind: 'process',
      key: String(identity.pid),
      vmId,
      sizeBytes: memoryBytes,
      ageMs: Math.max(0, Math.round(this.clock.sinceBoot() - identity.startTicks * TICK_MS)),
      process: identity,
    }));
  }

  async #paths(directory: string): Promise<Leftover[]> {
    const entries = await this.usage.entries(directory);
    return entries.map(({ name, isDirectory, changedAt }) => ({
      kind: isDirectory ? 'directory' : 'file',
      key: `${directory}/${name}`,
      vmId: name,
      sizeBytes: 0,
      ageMs: Math.max(0, this.clock.now() - changedAt.getTime()),
    }));
  }
}
