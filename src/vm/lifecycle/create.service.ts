import { Injectable } from '@nestjs/common';
import { DEFAULT_IMAGE } from '../../contract/index.js';
import type { OperationView, VmCreateParams } from '../../contract/index.js';
import { Config } from '../../core/config/index.js';
import { isMissingReference } from '../../core/database/index.js';
import { newId } from '../../core/ids.js';
import { generateSshKeyPair } from '../../core/ssh/index.js';
import { ImageService } from '../../image/index.js';
import type { BootableImage } from '../../image/index.js';
import { freeVmName, randomMac, randomMachineId } from '../identity/random-identity.js';
import type { CreateDemand } from '../project/project-reader.js';
import { lifeOf } from '../settings/life.js';
import { VmRepository } from '../vm.repository.js';
import type { NewVm } from '../vm.repository.js';
import type { Vm } from '../vm.types.js';
import { CreateSteps } from './create-steps.js';
import { VmChangeRunner } from './vm-change-runner.js';
import { VmPreflight } from './vm-preflight.js';

/** Creates VMs: everything that can be refused is refused before anything is made. */
@Injectable()
export class VmCreateService {
  constructor(
    private readonly config: Config,
    private readonly images: ImageService,
    private readonly vms: VmRepository,
    private readonly changes: VmChangeRunner,
    private readonly preflight: VmPreflight,
    private readonly steps: CreateSteps,
  ) {}

  async begin(
    { params, project }: CreateDemand,
    signal: AbortSignal,
  ): Promise<{ vm: Vm; view: OperationView; finished: Promise<Vm> }> {
    const image = await this.images.require(params.image ?? DEFAULT_IMAGE, {
      workDisk: params.workDiskMib !== undefined,
    });
    const demand = await this.#request(params, image);
    const workspace = await this.preflight.check({ ...demand, image, workspace: params.workspace }, signal);
    const hostKey = await generateSshKeyPair(`root@${demand.name}`);
    const vm = await this.#insert({ ...demand, hostKeyPublic: hostKey.publicKey });
    try {
      const change = { vm, kind: 'vm.create', action: 'creation' };
      const cold = params.cold ?? false;
      const request = { vm, image, hostKeyPrivate: hostKey.privateKey, cold, workspace, project };
      const started = await this.changes.begin(change, (operation) => this.steps.run(request, operation));
      return { vm, ...started };
    } catch (error) {
      await this.vms.remove(vm.id);
      throw error;
    }
  }

  async #insert(request: NewVm): Promise<Vm> {
    try {
      return await this.vms.insert(request);
    } catch (error) {
      // Deleted while the request was checked, its image is told as any image that is not there.
      if (isMissingReference(error)) await this.images.require(request.imageId);
      throw error;
    }
  }

  async #request(params: VmCreateParams, image: BootableImage): Promise<Omit<NewVm, 'hostKeyPublic'>> {
    const { vmDefaults } = this.config.values;
    return {
      id: newId('vm'),
      name: params.name ?? (await freeVmName((name) => this.vms.nameIsFree(name))),
      imageId: image.id,
      cpus: params.cpus ?? vmDefaults.cpus,
      memoryMib: params.memoryMib ?? vmDefaults.memoryMib,
      diskMib: params.diskMib ?? Math.ceil(image.diskBytes / MIB),
      workDiskMib: params.workDiskMib,
      diskBackend: await this.preflight.diskBackend(),
      env: params.env ?? {},
      gitName: params.gitIdentity?.name,
      gitEmail: params.gitIdentity?.email,
      labels: params.labels ?? {},
      publishedPorts: params.publishedPorts ?? [],
      ...lifeOf(params, new Date()),
      ephemeral: params.ephemeral ?? false,
      hypervisor: 'qemu',
      accelerator: undefined,
      mac: randomMac(),
      machineId: randomMachineId(),
      sshPort: undefined,
      uid: undefined,
    };
  }
}

const MIB = 1024 * 1024;
