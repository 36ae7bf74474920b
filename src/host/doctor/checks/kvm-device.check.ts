import { Injectable } from '@nestjs/common';
import { DoctorCheck } from '../doctor-check.js';
import type { DoctorFinding } from '../doctor-check.js';
import { HostProbe } from '../host-probe.js';

const SLOW = 'VMs run by software emulation, several times slower';

/** For information: whether KVM really works is found by the hypervisor, which tries it. */
@Injectable()
export class KvmDeviceCheck extends DoctorCheck {
  readonly id = 'kvm-device';
  readonly title = 'hardware virtualization';

  constructor(private readonly probe: HostProbe) {
    super();
  }

  override async run(): Promise<DoctorFinding> {
    switch (await this.probe.deviceAccess('/dev/kvm')) {
      case 'ok':
        return { status: 'ok', detail: '/dev/kvm can be opened' };
      case 'missing':
        return {
          status: 'warn',
          detail: `there is no /dev/kvm: ${SLOW}`,
          fix: 'enable virtualization in the firmware, or nested virtualization if this is itself a VM (modprobe kvm_intel or kvm_amd)',
        };
      case 'denied':
        return {
          status: 'warn',
          detail: `/dev/kvm may not be opened: ${SLOW}`,
          fix: `as root: usermod -aG kvm ${this.probe.userName()}, then log in again`,
        };
    }
  }
}
