import { Injectable } from '@nestjs/common';
import type { VmFacts } from '../../capabilities/index.js';
import { Config } from '../../core/config/index.js';
import { invariant } from '../../core/errors/index.js';
import { DaemonKey } from '../../host/index.js';
import { VmFiles } from '../vm-files.adapter.js';
import { VmPathFinder } from '../vm-paths.js';
import type { Vm } from '../vm.types.js';

/** Gathers what the capabilities may know of a VM that has its port and keys. */
@Injectable()
export class VmFactsGatherer {
  constructor(
    private readonly files: VmFiles,
    private readonly paths: VmPathFinder,
    private readonly daemonKey: DaemonKey,
    private readonly config: Config,
  ) {}

  async gather(vm: Vm): Promise<VmFacts> {
    invariant(vm.sshPort !== undefined, `VM ${vm.id} starts without a lease on an SSH port`);
    const { publicKey } = await this.daemonKey.get();
    return {
      id: vm.id,
      name: vm.name,
      workDiskMib: vm.workDiskMib,
      publishedPorts: vm.publishedPorts,
      machineId: vm.machineId,
      mac: vm.mac,
      sshPort: vm.sshPort,
      hostKeyPrivate: await this.files.read(this.paths.of(vm.id).hostKey),
      hostKeyPublic: vm.hostKeyPublic,
      authorizedKeys: [publicKey, ...this.config.values.authorizedKeys],
      env: vm.env,
      networked: true,
      gitIdentity: { name: vm.gitName, email: vm.gitEmail },
    };
  }
}
