import { Injectable } from '@nestjs/common';
import { Config } from '../../../core/config/index.js';
import { HostFacts } from '../../facts/host-facts.js';
import { DoctorCheck } from '../doctor-check.js';
import type { DoctorFinding } from '../doctor-check.js';

/** An image build holds its packages, its tree and its disk at once. `bytes` */
const WANTED_DISK_BYTES = 4 * 1024 ** 3;

@Injectable()
export class ResourcesCheck extends DoctorCheck {
  readonly id = 'resources';
  readonly title = 'CPUs, memory, disk';

  constructor(
    private readonly facts: HostFacts,
    private readonly config: Config,
  ) {
    super();
  }

  override async run(): Promise<DoctorFinding> {
    const { stateDirectory, vmDefaults } = this.config.values;
    const { totalMib, availableMib } = this.facts.memory();
    const freeBytes = await this.facts.freeBytes(stateDirectory);
    const cpus = this.facts.cpus();
    const detail =
      `${cpus} ${cpus === 1 ? 'CPU' : 'CPUs'}, ${availableMib} of ${totalMib} MiB memory available, ` +
      `${Math.floor(freeBytes / 1024 ** 2)} MiB free for ${stateDirectory}`;
    if (freeBytes < WANTED_DISK_BYTES) {
      return { status: 'warn', detail, fix: 'free some space: building the default image wants about 4 GiB' };
    }
    if (availableMib < vmDefaults.memoryMib) {
      return {
        status: 'warn',
        detail,
        fix: `a VM takes ${vmDefaults.memoryMib} MiB unless told otherwise: use --memory, or set vm.memory_mib in the configuration file`,
      };
    }
    return { status: 'ok', detail };
  }
}
