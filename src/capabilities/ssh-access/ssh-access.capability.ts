import { Capability } from '../capability.js';
import type { MachineDraft, VmFacts } from '../capability.js';

/** Who may log in, and the host key that the daemon made beforehand and pins. */
export class SshAccessCapability extends Capability {
  readonly id = 'ssh-access';

  override configure(draft: MachineDraft, facts: VmFacts): void {
    draft.identityFiles.push(
      { path: 'etc/ssh/ssh_host_ed25519_key', content: facts.hostKeyPrivate, mode: 0o600 },
      // The public half too: a stale one from the image would mislead `ssh-keygen -l` in the guest.
      { path: 'etc/ssh/ssh_host_ed25519_key.pub', content: `${facts.hostKeyPublic}\n`, mode: 0o644 },
      {
        path: 'root/.ssh/authorized_keys',
        content: facts.authorizedKeys.map((key) => `${key}\n`).join(''),
        mode: 0o600,
      },
    );
  }
}
