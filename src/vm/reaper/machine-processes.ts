import { Injectable } from '@nestjs/common';
import { Config } from '../../core/config/index.js';
import { ProcessRunner } from '../../core/process/index.js';
import type { FoundProcess } from '../../core/process/index.js';
import { Hypervisor } from '../hypervisor/hypervisor.js';

/** The VMMs of this state directory that run on the host, whoever knows of them. Those of others are not ours to see. */
@Injectable()
export class MachineProcesses {
  readonly #prefix: string;

  constructor(
    private readonly config: Config,
    private readonly processes: ProcessRunner,
    hypervisor: Hypervisor,
  ) {
    this.#prefix = hypervisor.processMarker('');
  }

  async find(): Promise<(FoundProcess & { readonly vmId: string })[]> {
    const found = await this.processes.findByArguments((argv) => this.#ours(argv) !== undefined);
    return found.map((process) => ({ ...process, vmId: this.#ours(process.argv) ?? '' }));
  }

  /** The VM that a command line names, when it also names that VM's disk in this state directory. */
  #ours(argv: readonly string[]): string | undefined {
    const marker = argv.find((argument) => argument.startsWith(this.#prefix));
    if (marker === undefined) return undefined;
    const id = marker.slice(this.#prefix.length);
    const disks = `${this.config.vmDirectory(id)}/`;
    const quoted = JSON.stringify(disks).slice(1, -1);
    return argv.some((argument) => argument.includes(disks) || argument.includes(quoted)) ? id : undefined;
  }
}
