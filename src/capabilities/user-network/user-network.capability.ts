import { Capability } from '../capability.js';
import type { MachineDraft, VmFacts } from '../capability.js';

/** Fixed by the VMM's user-mode network: the same in every VM, since none can see another. */
export const USER_NETWORK = {
  address: '10.0.2.15/24',
  gateway: '10.0.2.2',
  dns: '10.0.2.3',
} as const;

/** Network by the VMM itself: the outside through NAT, the guest's SSH server on a loopback port. */
export class UserNetworkCapability extends Capability {
  readonly id = 'user-network';

  override configure(draft: MachineDraft, facts: VmFacts): void {
    draft.nics.push({
      type: 'user',
      mac: facts.mac,
      forwards: facts.networked
        ? [{ hostAddress: '127.0.0.1', hostPort: facts.sshPort, guestPort: 22, protocol: 'tcp' }]
        : [],
    });
    if (facts.networked) draft.network = { address: USER_NETWORK.address, gateway: USER_NETWORK.gateway };
    draft.identityFiles.push(
      { path: 'etc/resolv.conf', content: `nameserver ${USER_NETWORK.dns}\n`, mode: 0o644 },
      {
        path: 'etc/banger/identity.env',
        content: [
          `BANGER_HOSTNAME='${facts.name}'`,
          ...(facts.networked
            ? [
                `BANGER_ADDRESS='${USER_NETWORK.address}'`,
                `BANGER_GATEWAY='${USER_NETWORK.gateway}'`,
                `BANGER_DNS='${USER_NETWORK.dns}'`,
              ]
            : []),
          '',
        ].join('\n'),
        mode: 0o644,
      },
    );
  }
}
