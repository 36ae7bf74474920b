import { Injectable } from '@nestjs/common';
import { Config } from '../../core/config/index.js';
import { SshPool } from '../../core/ssh/index.js';
import type { SshConnection, SshTarget } from '../../core/ssh/index.js';
import { invariant } from '../../core/errors/index.js';
import type { VmSshView } from '../../contract/index.js';
import { Machines } from '../machines.js';
import { VmPathFinder } from '../vm-paths.js';
import type { Vm } from '../vm.types.js';
import { DaemonKey } from '../../host/index.js';

const HOST = '127.0.0.1';
const USER = 'root';

/** How the daemon, and through it the user, gets into a guest. */
@Injectable()
export class GuestAccess {
  constructor(
    private readonly config: Config,
    private readonly key: DaemonKey,
    private readonly machines: Machines,
    private readonly pool: SshPool,
    private readonly paths: VmPathFinder,
  ) {}

  async target(vm: Vm): Promise<SshTarget> {
    invariant(vm.sshPort !== undefined, `VM ${vm.id} has no SSH port`);
    const { privateKey } = await this.key.get();
    return { host: HOST, port: vm.sshPort, username: USER, privateKey, hostKey: vm.hostKeyPublic };
  }

  /** The pooled connection of a running VM. @throws VmWrongStateError, VM_GUEST_UNREACHABLE */
  async connect(vm: Vm, signal?: AbortSignal): Promise<SshConnection> {
    this.machines.require(vm);
    return this.pool.get(vm.id, await this.target(vm), signal === undefined ? {} : { signal });
  }

  /** Forgets the connection of a VM that is about to end. */
  drop(vm: Pick<Vm, 'id'>): void {
    this.pool.drop(vm.id);
  }

  /** What an SSH client needs, wherever the port leads at the moment. */
  settings(vm: Pick<Vm, 'id'>, port: number): VmSshView {
    return {
      host: HOST,
      port,
      user: USER,
      identityFile: this.config.daemonKeyPath,
      knownHostsFile: this.paths.of(vm.id).knownHosts,
      hostKeyAlias: `${vm.id}.vm`,
    };
  }

  /** The same of a VM that runs. @throws VmWrongStateError */
  async describe(vm: Vm): Promise<VmSshView> {
    this.machines.require(vm);
    const { port } = await this.target(vm);
    return this.settings(vm, port);
  }
}
