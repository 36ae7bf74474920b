import { Injectable } from '@nestjs/common';
import { PortDoorbells } from '../../host/index.js';
import { Capability } from '../capability.js';
import type { MachineDraft, PrepareContext, SleepContext, VmFacts, VmIdentity } from '../capability.js';

/** Who may log in, and the host key that the daemon made beforehand and pins; who comes while it is suspended wakes it. */
@Injectable()
export class SshAccessCapability extends Capability {
  readonly id = 'ssh-access';
  override readonly title = 'taking its SSH port over';

  constructor(private readonly doorbells: PortDoorbells) {
    super();
  }

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

  override concerns(vm: VmIdentity): boolean {
    return this.doorbells.isHung(bellOf(vm));
  }

  /** The machine is to listen there itself. */
  override async prepare(vm: VmIdentity, { rollback }: PrepareContext): Promise<void> {
    rollback.add('the doorbell of the SSH port', () => this.stopped(vm));
    await this.stopped(vm);
  }

  /** Its port stays its own as long as there is the VM. */
  override async suspended(vm: VmIdentity, { wake }: SleepContext): Promise<void> {
    const { sshPort } = vm;
    if (sshPort === undefined) return;
    const port = { hostAddress: '127.0.0.1', hostPort: sshPort, guestPort: 22, protocol: 'tcp' } as const;
    await this.doorbells.hang(bellOf(vm), [port], wake);
  }

  override async stopped(vm: Pick<VmIdentity, 'id'>): Promise<void> {
    await this.doorbells.takeDown(bellOf(vm));
  }
}

/** The VM's published ports have one of their own. */
function bellOf({ id }: Pick<VmIdentity, 'id'>): string {
  return `${id} ssh`;
}
