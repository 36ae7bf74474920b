import { Inject, Injectable } from '@nestjs/common';
import { CapabilityRegistry } from '../../capabilities/index.js';
import { LOGGER } from '../../core/logging/index.js';
import type { Logger } from '../../core/logging/index.js';
import type { SavedMachine } from '../hypervisor/hypervisor.js';
import type { CopyOrigin, RestorePoint } from '../saving/restore-point.js';
import { SavedMemories } from '../saving/saved-memory.js';
import type { SavedMemory } from '../saving/saved-memory.js';
import { SavedMemoryError } from '../saving/saving.errors.js';
import { VmFiles } from '../vm-files.adapter.js';
import { VmPathFinder } from '../vm-paths.js';
import { VmRepository } from '../vm.repository.js';
import type { Vm } from '../vm.types.js';

/** Beside a suspended VM's disks; without it, what else there is of its memory counts as nothing. JSON. */
interface Manifest {
  readonly version: 1;
  readonly memory: SavedMemory;
  readonly copyOf?: CopyOrigin;
  /** other machines go on from the same files */
  readonly shared?: boolean;
}

/** The memory of suspended VMs, each beside its disks, and what wakes them. */
@Injectable()
export class SuspendedVms {
  /** told which VM somebody wants something of */
  #wake: (vmId: string) => Promise<void> = () => Promise.resolve();

  constructor(
    private readonly memories: SavedMemories,
    private readonly files: VmFiles,
    private readonly paths: VmPathFinder,
    private readonly capabilities: CapabilityRegistry,
    private readonly vms: VmRepository,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onWanted(wake: (vmId: string) => Promise<void>): void {
    this.#wake = wake;
  }

  /** Sets up what wakes a VM that is suspended. One that nothing can wake is resumed by hand: never throws. */
  async attend(vm: Vm): Promise<void> {
    const problems = await this.capabilities.suspended(vm, {
      warn: (message) => this.logger.warn({ vm: vm.id }, message),
      nameOf: (id) => this.vms.nameOf(id),
      wake: () => this.#wake(vm.id),
    });
    for (const { id, error } of problems)
      this.logger.warn(
        { vm: vm.id, capability: id, err: error },
        'a suspended VM is not woken by all that should',
      );
  }

  /** Where a VM's machine is put; what an attempt before has left there goes. */
  async makeRoom(vm: Pick<Vm, 'id'>): Promise<SavedMachine> {
    await this.forget(vm);
    return this.paths.of(vm.id).saved;
  }

  /** What has been put there is whole. */
  async keep(vm: Vm): Promise<void> {
    const memory = await this.memories.seal(vm, this.paths.of(vm.id).saved);
    await this.#write(vm, { version: 1, memory });
  }

  /** A machine that others go on from as well. @param from.copyOf whose it was, if it was another VM's */
  async keepShared(
    vm: Vm,
    { memory, source, copyOf }: { memory: SavedMemory; source: SavedMachine; copyOf?: CopyOrigin },
  ): Promise<void> {
    await this.memories.share(source, await this.makeRoom(vm));
    await this.#write(vm, { version: 1, memory, shared: true, ...(copyOf !== undefined && { copyOf }) });
  }

  has(vm: Pick<Vm, 'id'>): Promise<boolean> {
    return this.files.exists(this.paths.of(vm.id).saved.manifest);
  }

  /** @throws SavedMemoryError when it cannot be gone on from */
  async restorePoint(vm: Vm): Promise<RestorePoint> {
    const { directory, saved } = this.paths.of(vm.id);
    const { manifest: _path, ...source } = saved;
    const { memory, copyOf, shared } = await this.#read(vm);
    await this.memories.check(vm, directory, memory);
    return {
      source: { ...source, ...(shared !== true && { once: true }) },
      shape: memory.shape,
      ...(copyOf !== undefined && { copyOf }),
      onUse: () => this.forget(vm),
    };
  }

  /** Its memory, for whoever may go on from it as well, under second names. */
  async copyTo(vm: Vm, to: SavedMachine): Promise<SavedMemory> {
    const manifest = await this.#read(vm);
    // From here on it is not for this VM alone, whatever comes of the copy.
    await this.#write(vm, { ...manifest, shared: true });
    await this.memories.share(this.paths.of(vm.id).saved, to);
    return manifest.memory;
  }

  /** None is success. Its disks are another's by now, or are about to be. */
  async forget(vm: Pick<Vm, 'id'>): Promise<void> {
    const { manifest, memoryPath, statePath } = this.paths.of(vm.id).saved;
    if (await this.files.exists(manifest)) this.logger.info({ vm: vm.id }, 'its saved memory goes');
    for (const path of [manifest, memoryPath, statePath]) await this.files.remove(path);
  }

  async #read(vm: Vm): Promise<Manifest> {
    const path = this.paths.of(vm.id).saved.manifest;
    const text = await this.files.readIfPresent(path);
    if (text === undefined) throw new SavedMemoryError(vm.name, `${path} is missing`);
    return parse(vm, path, text);
  }

  async #write(vm: Pick<Vm, 'id'>, manifest: Manifest): Promise<void> {
    const text = `${JSON.stringify(manifest, undefined, 2)}\n`;
    await this.files.write(this.paths.of(vm.id).saved.manifest, text, { mode: 0o600 });
  }
}

/** Only the daemon writes it; still, whatever is not one of its manifests is none. */
function parse(vm: Vm, path: string, text: string): Manifest {
  try {
    const manifest = JSON.parse(text) as Manifest;
    const { fit, shape, files } = manifest.memory;
    const isOne =
      manifest.version === 1 &&
      typeof fit.version === 'string' &&
      typeof shape.bootMemoryMib === 'number' &&
      Object.keys(files).length === 2;
    if (isOne) return manifest;
  } catch {
    // told below
  }
  throw new SavedMemoryError(vm.name, `${path} is damaged`);
}
