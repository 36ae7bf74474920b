import { Injectable } from '@nestjs/common';
import { HostFacts } from '../../facts/host-facts.js';
import { DoctorCheck } from '../doctor-check.js';
import type { DoctorFinding } from '../doctor-check.js';

@Injectable()
export class PlatformCheck extends DoctorCheck {
  readonly id = 'platform';
  readonly title = 'operating system';

  constructor(private readonly facts: HostFacts) {
    super();
  }

  override async run(): Promise<DoctorFinding> {
    const { platform, architecture, kernelRelease, id, name } = await this.facts.operatingSystem();
    const detail = `${name || platform}, kernel ${kernelRelease}, ${architecture === 'x64' ? 'x86_64' : architecture}`;
    if (platform !== 'linux' || architecture !== 'x64') {
      return { status: 'fail', detail, fix: 'banger runs on Linux on x86_64 machines' };
    }
    if (id === 'debian') return { status: 'ok', detail };
    return {
      status: 'warn',
      detail,
      fix: 'banger is tested on Debian 12; elsewhere the default image may not build',
    };
  }
}
