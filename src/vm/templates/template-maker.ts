import { Injectable } from '@nestjs/common';
import { CapabilityRegistry } from '../../capabilities/index.js';
import { Config } from '../../core/config/index.js';
import { TimeoutError } from '../../core/errors/index.js';
import { Ledger } from '../../core/operations/index.js';
import type { OperationContext } from '../../core/operations/index.js';
import { generateSshKeyPair } from '../../core/ssh/index.js';
import { HostDirectories, UidLeases } from '../../host/index.js';
import type { BootableImage } from '../../image/index.js';
import { Hypervisor } from '../hypervisor/hypervisor.js';
import type { Machine, MachineSpec } from '../hypervisor/hypervisor.js';
import { identityArchive } from '../identity/identity-disk.js';
import { randomMac, randomMachineId } from '../identity/random-identity.js';
import { imageBases, VmDisks } from '../vm-disks.js';
import { VmFiles } from '../vm-files.adapter.js';
import { VmPathFinder } from '../vm-paths.js';
import { settleGuest } from './settle-guest.js';
import { TemplateFiles } from './template-files.adapter.js';
import { templateOwner, TemplateStore } from './template-store.js';
import { TEMPLATE_FILES } from './template.types.js';
import type { FileFacts, TemplateShape } from './template.types.js';

export interface TemplateOrder {
  readonly id: string;
  readonly image: BootableImage;
  readonly shape: TemplateShape;
  /** how much it gives way to whatever else the host does */
  readonly niceness: number;
}

/** VMMs of other users read the disks; what is in the memory is nobody's but the daemon's. */
const DISK_MODE = 0o444;
const PRIVATE_MODE = 0o400;

/**
 * The body of the operation `template.make`: boots a machine that has no name and no network, lets it come to rest, and
 * saves it. Until it is whole its things are where a VM of its id would have them.
 */
@Injectable()
export class TemplateMaker {
  constructor(
    private readonly config: Config,
    private readonly capabilities: CapabilityRegistry,
    private readonly hypervisor: Hypervisor,
    private readonly uids: UidLeases,
    private readonly directories: HostDirectories,
    private readonly disks: VmDisks,
    private readonly vmFiles: VmFiles,
    private readonly paths: VmPathFinder,
    private readonly ledger: Ledger,
    private readonly files: TemplateFiles,
    private readonly store: TemplateStore,
  ) {}

  async run(order: TemplateOrder, operation: OperationContext): Promise<void> {
    const { id, shape } = order;
    const owner = templateOwner(id);
    operation.rollback.add('the template', () => this.ledger.releaseOwner(owner));
    const spec = await operation.step('disk.create', 'creating the disk', () =>
      this.#prepare(order, operation.signal),
    );
    const machine = await operation.step('machine.launch', 'starting the machine', () =>
      this.#launch(spec, operation.signal),
    );
    await operation.step('guest.boot', 'booting', () => this.#boot(machine, operation.signal));
    await operation.step('guest.settle', 'waiting until it is at rest', () =>
      settleGuest(machine.agent, operation.signal),
    );
    await operation.step('template.save', 'saving the machine', async () => {
      await machine.save({ signal: operation.signal });
      await this.ledger.releaseOwner(owner, ['process']);
    });
    await operation.step('template.publish', 'putting the template in place', async () => {
      const names = spec.drives.filter(({ readOnly }) => !readOnly).map(({ path }) => nameOf(path));
      const { directory, runtimeDirectory } = this.paths.of(id);
      const files = await this.#seal(directory, names);
      await this.ledger.release('directory', runtimeDirectory);
      await this.ledger.releaseOwner(owner, ['uid']);
      await this.store.publish(directory, {
        version: 1,
        id,
        shape,
        createdAt: new Date().toISOString(),
        ...files,
      });
    });
  }

  async #prepare({ id, image, shape, niceness }: TemplateOrder, signal: AbortSignal): Promise<MachineSpec> {
    const owner = templateOwner(id);
    const paths = this.paths.of(id);
    const uid = await this.uids.acquire(owner);
    const hostKey = await generateSshKeyPair('root@template');
    const draft = this.capabilities.configure({
      id,
      name: 'template',
      publishedPorts: [],
      workDiskMib: shape.workDiskMib,
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
    await this.directories.make(paths.directory, { owner, mode: 0o711 });
    await this.directories.make(paths.runtimeDirectory, { owner, mode: 0o700, uid });
    await this.vmFiles.write(paths.identity, await identityArchive(draft.identityFiles), {
      mode: 0o400,
      uid,
    });
    const vm = { id, uid, ...shape, workDiskMib: shape.workDiskMib };
    await this.disks.make(vm, imageBases(image), { owner, signal });
    return {
      id,
      name: 'template',
      cpus: shape.cpus,
      memoryMib: shape.memoryMib,
      kernelPath: image.kernelPath,
      initrdPath: image.initrdPath,
      bootArguments: [...image.bootArguments, ...draft.bootArguments],
      drives: this.disks.drives(vm, paths.identity),
      nics: draft.nics,
      consolePath: paths.console,
      logPath: paths.vmmLog,
      runtimeDirectory: paths.runtimeDirectory,
      ...(uid !== undefined && { uid }),
      saveTo: {
        memoryPath: `${paths.directory}/${TEMPLATE_FILES.memory}`,
        statePath: `${paths.directory}/${TEMPLATE_FILES.state}`,
      },
      niceness,
    };
  }

  async #launch(spec: MachineSpec, signal: AbortSignal): Promise<Machine> {
    const { id } = spec;
    const marker = this.hypervisor.processMarker(id);
    return this.ledger.make({ kind: 'process', key: id, owner: templateOwner(id), data: { marker } }, () =>
      this.hypervisor.launch(spec, {
        signal,
        onSpawn: (process) => this.ledger.update('process', id, { marker, process }),
      }),
    );
  }

  async #boot(machine: Machine, signal: AbortSignal): Promise<void> {
    const limit = new AbortController();
    const { bootTimeoutMs } = this.config.values;
    const timer = setTimeout(
      () => limit.abort(new TimeoutError('the boot of a template', bootTimeoutMs)),
      bootTimeoutMs,
    );
    try {
      await machine.agent.waitReady({ signal: AbortSignal.any([signal, limit.signal]) });
    } finally {
      clearTimeout(timer);
    }
  }

  async #seal(
    directory: string,
    disks: readonly string[],
  ): Promise<{ files: Record<string, FileFacts>; allocatedBytes: number }> {
    const modes = [
      ...disks.map((name) => [name, DISK_MODE] as const),
      ...[TEMPLATE_FILES.memory, TEMPLATE_FILES.state].map((name) => [name, PRIVATE_MODE] as const),
    ];
    const files: Record<string, FileFacts> = {};
    let total = 0;
    for (const [name, mode] of modes) {
      const path = `${directory}/${name}`;
      await this.files.seal(path, mode);
      const { allocatedBytes, ...facts } = await this.files.facts(path);
      files[name] = facts;
      total += allocatedBytes;
    }
    return { files, allocatedBytes: total };
  }
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
