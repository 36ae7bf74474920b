import { Injectable } from '@nestjs/common';
import { CapabilityRegistry } from '../../capabilities/index.js';
import type { MachineDraft } from '../../capabilities/index.js';
import { generateSshKeyPair } from '../../core/ssh/index.js';
import { HostDirectories, UidLeases } from '../../host/index.js';
import type { BootableImage } from '../../image/index.js';
import type { MachineSpec } from '../hypervisor/hypervisor.js';
import { identityArchive } from '../identity/identity-disk.js';
import { randomMac, randomMachineId } from '../identity/random-identity.js';
import { imageBases, VmDisks } from '../vm-disks.js';
import { machineSpecOf } from '../lifecycle/machine-spec.js';
import { VmFiles } from '../vm-files.adapter.js';
import { VmPathFinder } from '../vm-paths.js';
import { templateOwner } from './template-store.js';
import { TEMPLATE_FILES } from './template.types.js';
import type { TemplateShape } from './template.types.js';

/** of a machine that has none of its own yet */
const NAME = 'template';

export interface TemplateOrder {
  readonly id: string;
  readonly image: BootableImage;
  readonly shape: TemplateShape;
  /** how much it gives way to whatever else the host does */
  readonly niceness: number;
}

/** Makes everything that the machine of a template finds when it boots, where a VM of its id would have it. */
@Injectable()
export class TemplatePreparer {
  constructor(
    private readonly capabilities: CapabilityRegistry,
    private readonly uids: UidLeases,
    private readonly directories: HostDirectories,
    private readonly disks: VmDisks,
    private readonly files: VmFiles,
    private readonly paths: VmPathFinder,
  ) {}

  async prepare({ id, image, shape, niceness }: TemplateOrder, signal: AbortSignal): Promise<MachineSpec> {
    const owner = templateOwner(id);
    const paths = this.paths.of(id);
    const uid = await this.uids.acquire(owner);
    const draft = await this.#configure(id, shape);
    await this.directories.make(paths.directory, { owner, mode: 0o711 });
    await this.directories.make(paths.runtimeDirectory, { owner, mode: 0o700, uid });
    await this.files.write(paths.identity, await identityArchive(draft.identityFiles), { mode: 0o400, uid });
    const vm = { ...shape, workDiskMib: shape.workDiskMib, id, uid };
    await this.disks.make(vm, imageBases(image), { owner, signal });
    const { cpus, memoryMib } = shape;
    const drives = this.disks.drives(vm, paths.identity);
    const spec = machineSpecOf({ id, name: NAME, cpus, memoryMib, uid }, { image, draft, drives, paths });
    return {
      ...spec,
      saveTo: {
        memoryPath: `${paths.directory}/${TEMPLATE_FILES.memory}`,
        statePath: `${paths.directory}/${TEMPLATE_FILES.state}`,
      },
      niceness,
    };
  }

  /** It never gets a network, and what else it is given no clone keeps; without a host key sshd would not start. */
  async #configure(id: string, { workDiskMib }: TemplateShape): Promise<MachineDraft> {
    const hostKey = await generateSshKeyPair(`root@${NAME}`);
    return this.capabilities.configure({
      id,
      name: NAME,
      publishedPorts: [],
      workDiskMib,
      machineId: randomMachineId(),
      mac: randomMac(),
      sshPort: 0,
      hostKeyPrivate: hostKey.privateKey,
      hostKeyPublic: hostKey.publicKey,
      authorizedKeys: [],
      env: {},
      networked: false,
      gitIdentity: { name: undefined, email: undefined },
    });
  }
}
