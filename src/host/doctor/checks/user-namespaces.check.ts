import { Injectable } from '@nestjs/common';
import { HostFacts } from '../../facts/host-facts.js';
import { DoctorCheck } from '../doctor-check.js';
import type { DoctorFinding } from '../doctor-check.js';
import { HostProbe } from '../host-probe.js';

/** Kernel settings that forbid user namespaces to plain users; each absent on kernels that do not know it. */
const SWITCHES = [
  {
    path: '/proc/sys/user/max_user_namespaces',
    name: 'user.max_user_namespaces',
    forbids: '0',
    allow: '10000',
  },
  {
    path: '/proc/sys/kernel/unprivileged_userns_clone',
    name: 'kernel.unprivileged_userns_clone',
    forbids: '0',
    allow: '1',
  },
  {
    path: '/proc/sys/kernel/apparmor_restrict_unprivileged_userns',
    name: 'kernel.apparmor_restrict_unprivileged_userns',
    forbids: '1',
    allow: '0',
  },
] as const;

@Injectable()
export class UserNamespacesCheck extends DoctorCheck {
  readonly id = 'user-namespaces';
  readonly title = 'user namespaces for the image build';

  constructor(
    private readonly facts: HostFacts,
    private readonly probe: HostProbe,
  ) {
    super();
  }

  override async run(): Promise<DoctorFinding> {
    if (this.facts.mode === 'root') return { status: 'ok', detail: 'not needed as root' };
    for (const { path, name, forbids, allow } of SWITCHES) {
      if ((await this.probe.readText(path))?.trim() !== forbids) continue;
      return { status: 'fail', detail: `${name} is ${forbids}`, fix: `as root: sysctl -w ${name}=${allow}` };
    }
    const user = this.probe.userName();
    const tables = await Promise.all(['/etc/subuid', '/etc/subgid'].map((path) => this.probe.readText(path)));
    const listed = tables.every((text) => text?.split('\n').some((line) => line.startsWith(`${user}:`)));
    if (listed) return { status: 'ok', detail: 'allowed' };
    return {
      status: 'fail',
      detail: `${user} has no subordinate ids in /etc/subuid and /etc/subgid`,
      fix: `as root: usermod --add-subuids 100000-165535 --add-subgids 100000-165535 ${user}`,
    };
  }
}
