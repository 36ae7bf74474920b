import { Injectable } from '@nestjs/common';
import { DoctorCheck } from '../../host/index.js';
import type { DoctorFinding } from '../../host/index.js';
import { Hypervisor } from './hypervisor.js';

/** Whether VMs run at full speed: found by really running a virtual CPU, since /dev/kvm may open and still not work. */
@Injectable()
export class AcceleratorCheck extends DoctorCheck {
  readonly id = 'accelerator';
  readonly title = 'hypervisor';

  constructor(private readonly hypervisor: Hypervisor) {
    super();
  }

  override async run(): Promise<DoctorFinding> {
    const probe = await this.hypervisor.probe();
    if (!probe.available)
      return { status: 'fail', detail: `${probe.binary} does not work: ${probe.reason ?? 'unknown reason'}` };
    const what = `${probe.binary} ${probe.version ?? ''}`.trim();
    if (probe.accelerator === 'kvm') return { status: 'ok', detail: `${what} with KVM` };
    return {
      status: 'warn',
      detail: `${what} by software emulation, several times slower than KVM: ${probe.reason ?? 'KVM does not work'}`,
    };
  }
}
