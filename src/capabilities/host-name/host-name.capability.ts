import { Capability } from '../capability.js';
import type { MachineDraft, VmFacts } from '../capability.js';

/** Name and machine id: what tells one guest from another. */
export class HostNameCapability extends Capability {
  readonly id = 'host-name';

  override configure(draft: MachineDraft, facts: VmFacts): void {
    draft.identityFiles.push(
      { path: 'etc/hostname', content: `${facts.name}\n`, mode: 0o644 },
      { path: 'etc/hosts', content: hostsFile(facts.name), mode: 0o644 },
      { path: 'etc/machine-id', content: `${facts.machineId}\n`, mode: 0o444 },
    );
  }
}

/** /etc/hosts of a guest with this name. */
export function hostsFile(name: string): string {
  return `127.0.0.1 localhost\n127.0.1.1 ${name}.vm ${name}\n::1 localhost ip6-localhost ip6-loopback\n`;
}
