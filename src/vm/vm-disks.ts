import { Injectable } from '@nestjs/common';
import { Config } from '../core/config/index.js';
import { checkFreeSpace, DiskBackends, headProblem, HostFacts } from '../host/index.js';
import type { Disk, DiskBackend } from '../host/index.js';
import { VmFiles } from './vm-files.adapter.js';
import type { BootableImage } from '../image/index.js';
import { ImageWithoutWorkDiskError, VmDamagedError, VmDiskMissingError } from './vm.errors.js';
import { VmPathFinder } from './vm-paths.js';
import type { Vm } from './vm.types.js';

const MIB = 1024 * 1024;

type Owner = Pick<Vm, 'id' | 'diskBackend' | 'workDiskMib'>;

/** The disks of a VM, as the backend has made them that made them: a VM keeps its backend. */
@Injectable()
export class VmDisks {
  constructor(
    private readonly backends: DiskBackends,
    private readonly host: HostFacts,
    private readonly paths: VmPathFinder,
    private readonly files: VmFiles,
    private readonly config: Config,
  ) {}

  /** @throws DiskBackendUnavailableError when another version of banger has made them */
  backend(vm: Pick<Vm, 'diskBackend'>): DiskBackend {
    return this.backends.of(vm.diskBackend);
  }

  root(vm: Owner): Disk {
    return this.#locate(vm, 'root');
  }

  /** Mounted at /root; undefined for a VM that has none. */
  work(vm: Owner): Disk | undefined {
    return vm.workDiskMib === undefined ? undefined : this.#locate(vm, 'work');
  }

  /** What makes the disks of a new VM. @throws DiskBackendUnavailableError */
  async choose(): Promise<DiskBackend> {
    return this.backends.choose();
  }

  /** @throws DiskFullError when the host has not so much left for disks to grow */
  async checkRoom(neededBytes: number): Promise<void> {
    const path = this.config.values.stateDirectory;
    checkFreeSpace({ path, freeBytes: await this.host.freeBytes(path), neededBytes });
  }

  /** @throws ImageWithoutWorkDiskError when a work disk is asked for that the image cannot give */
  async checkImage(image: BootableImage, workDiskMib: number | undefined): Promise<void> {
    if (workDiskMib !== undefined && !(await this.files.exists(image.workPath)))
      throw new ImageWithoutWorkDiskError(image.name);
  }

  /** Makes them all, as they are when a VM is new. Repeatable only after they were removed. */
  async make(
    vm: Owner & Pick<Vm, 'diskMib' | 'uid'>,
    image: BootableImage,
    signal: AbortSignal,
  ): Promise<void> {
    const [root, work] = [this.root(vm), this.work(vm)];
    const shared = {
      baseFormat: image.rootFormat,
      owner: { type: 'vm', id: vm.id },
      uid: vm.uid,
      signal,
    } as const;
    const backend = this.backend(vm);
    await backend.create({
      ...shared,
      basePath: image.rootPath,
      path: root.path,
      sizeBytes: vm.diskMib * MIB,
    });
    if (work !== undefined && vm.workDiskMib !== undefined)
      await backend.create({
        ...shared,
        basePath: image.workPath,
        path: work.path,
        sizeBytes: vm.workDiskMib * MIB,
      });
  }

  /** Whether they are there and look like disks. @throws VmDiskMissingError, VmDamagedError, DiskBackendUnavailableError */
  async check(vm: Owner & Pick<Vm, 'name'>): Promise<void> {
    for (const disk of [this.root(vm), this.work(vm)]) {
      if (disk === undefined) continue;
      if (!(await this.files.exists(disk.path))) throw new VmDiskMissingError(vm.name, disk.path);
      const wrong = await headProblem(disk);
      if (wrong !== undefined)
        throw new VmDamagedError(vm.name, `its disk ${disk.path} is damaged: ${wrong}`);
    }
  }

  #locate(vm: Owner, name: string): Disk {
    return this.backend(vm).locate(this.paths.of(vm.id).directory, name);
  }
}
