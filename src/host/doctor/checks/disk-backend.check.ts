import { Injectable } from '@nestjs/common';
import { Config } from '../../../core/config/index.js';
import { DiskBackends } from '../../disk/disk-backends.js';
import { DoctorCheck } from '../doctor-check.js';
import type { DoctorFinding } from '../doctor-check.js';

@Injectable()
export class DiskBackendCheck extends DoctorCheck {
  readonly id = 'disk-backend';
  readonly title = 'disks of new VMs';

  constructor(
    private readonly backends: DiskBackends,
    private readonly config: Config,
  ) {
    super();
  }

  override async run(): Promise<DoctorFinding> {
    const chosen = await this.backends.choose();
    const asked = this.config.values.diskBackend === 'auto' ? '' : ' (as configured)';
    const others = (await this.backends.probeAll()).filter(({ backend }) => backend.kind !== chosen.kind);
    const rest = others.map(({ backend, probe }) =>
      probe.available ? `${backend.kind} would work too` : `no ${backend.kind}: ${probe.reason ?? 'unknown'}`,
    );
    return { status: 'ok', detail: [`by ${chosen.kind}${asked}`, ...rest].join('; ') };
  }
}
