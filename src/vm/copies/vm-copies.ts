import { Injectable } from '@nestjs/common';
import type { LifeSettings, OperationView } from '../../contract/index.js';
import { newId } from '../../core/ids.js';
import { generateSshKeyPair } from '../../core/ssh/index.js';
import { ImageService } from '../../image/index.js';
import { randomMac, randomMachineId } from '../identity/random-identity.js';
import { VmChangeRunner } from '../lifecycle/vm-change-runner.js';
import { lifeOf } from '../settings/life.js';
import { VmRepository } from '../vm.repository.js';
import type { NewVm } from '../vm.repository.js';
import type { Vm } from '../vm.types.js';
import { CopySteps } from './copy-steps.js';
import type { CopySource } from './copy-steps.js';

export interface CopyDemand {
  readonly parent: Vm;
  readonly name: string;
  readonly settings: LifeSettings;
  readonly source: CopySource;
  readonly paused: boolean;
  /** that its first repository gets when it runs */
  readonly branch?: string | undefined;
  /** of the operation: `vm.fork.copy` */
  readonly kind: string;
  /** a remark for the user */
  readonly warning?: string;
  /** what of the parent's is as it was at another moment */
  readonly size?: Pick<Vm, 'cpus' | 'memoryMib' | 'diskMib' | 'workDiskMib' | 'diskBackend'>;
}

/** Enters copies of VMs into the books, each with a name, an address and keys of its own, and makes them. */
@Injectable()
export class VmCopies {
  constructor(
    private readonly images: ImageService,
    private readonly vms: VmRepository,
    private readonly changes: VmChangeRunner,
    private readonly steps: CopySteps,
  ) {}

  /** @throws VmNameTakenError */
  async begin(demand: CopyDemand): Promise<{ view: OperationView; finished: Promise<Vm> }> {
    const { parent, name, source, paused, branch, kind, warning } = demand;
    const image = await this.images.require(parent.imageId);
    const hostKey = await generateSshKeyPair(`root@${name}`);
    const inserted = await this.vms.insert(rowOf(demand, hostKey.publicKey));
    try {
      // Where the parent's work was brought to is the parent's.
      const workspaces = parent.workspaces.map(({ exports: _exports, ...workspace }) => workspace);
      const vm = workspaces.length === 0 ? inserted : await this.vms.update(inserted.id, { workspaces });
      const request = { vm, image, hostKeyPrivate: hostKey.privateKey, source, paused, branch };
      return await this.changes.begin({ vm, kind, action: 'creation' }, (operation) => {
        if (warning !== undefined) operation.warn(warning);
        return this.steps.run(request, operation);
      });
    } catch (error) {
      await this.vms.remove(inserted.id);
      throw error;
    }
  }
}

function rowOf({ parent, name, settings, size }: CopyDemand, hostKeyPublic: string): NewVm {
  const { imageId, env, gitName, gitEmail, hypervisor } = parent;
  const { cpus, memoryMib, diskMib, workDiskMib, diskBackend } = size ?? parent;
  return {
    id: newId('vm'),
    name,
    imageId,
    cpus,
    memoryMib,
    diskMib,
    workDiskMib,
    diskBackend,
    env,
    gitName,
    gitEmail,
    labels: settings.labels ?? parent.labels,
    publishedPorts: settings.publishedPorts ?? [],
    ...lifeOf(settings, new Date()),
    ephemeral: false,
    hypervisor,
    accelerator: undefined,
    mac: randomMac(),
    machineId: randomMachineId(),
    sshPort: undefined,
    uid: undefined,
    hostKeyPublic,
  };
}
