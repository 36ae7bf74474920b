import { Injectable } from '@nestjs/common';
import { Config } from '../core/config/index.js';
import { invariant } from '../core/errors/index.js';
import type { ResourceOwner } from '../core/operations/index.js';
import { checkFreeSpace, DiskBackends, headProblem, HostFacts } from '../host/index.js';
import type { Disk, DiskBackend } from '../host/index.js';
import { VmFiles } from './vm-files.adapter.js';
import { IDENTITY_SERIAL, ROOT_SERIAL, WORK_SERIAL } from '../image/index.js';
import type { BootableImage } from '../image/index.js';
import type { DriveSpec } from './hypervisor/hypervisor.js';
import { ImageWithoutWorkDiskError, VmDamagedError, VmDiskMissingError } from './vm.errors.js';
import { VmPathFinder } from './vm-paths.js';
import type { Vm } from './vm.types.js';

const MIB = 1024 * 1024;

type Owner = Pick<Vm, 'id' | 'diskBackend' | 'workDiskMib'>;

/** What new disks begin as. */
export interface DiskBases {
  readonly root: Disk;
  /** of the work disk, for a VM that has one */
  readonly work: Disk | undefined;
  /** they may be deleted while the new disks are in use */
  readonly mayGo: boolean;
}

/** The image's own disks: it stays as long as a VM stands on it. */
export function imageBases(image: BootableImage): DiskBases {
  return {
    root: { path: image.rootPath, format: image.rootFormat },
    work: { path: image.workPath, format: 'raw' },
    mayGo: false,
  };
}

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

  /** Makes them all, as they are when a VM is new; what an attempt before has left goes. */
  async make(
    vm: Owner & Pick<Vm, 'diskMib' | 'uid'>,
    bases: DiskBases,
    { owner, signal }: { owner: ResourceOwner; signal: AbortSignal },
  ): Promise<void> {
    await this.makeIn(this.paths.of(vm.id).directory, vm, { bases, owner, signal });
  }

  /** Likewise, in a directory that is not where the VM has its disks. */
  async makeIn(
    directory: string,
    vm: Owner & Pick<Vm, 'diskMib' | 'uid'>,
    { bases, owner, signal }: { bases: DiskBases; owner: ResourceOwner; signal: AbortSignal },
  ): Promise<void> {
    const backend = this.backend(vm);
    const create = async (disk: Disk, base: Disk, mib: number): Promise<void> => {
      await backend.remove(disk.path);
      await backend.create({
        basePath: base.path,
        baseFormat: base.format,
        baseMayGo: bases.mayGo,
        path: disk.path,
        sizeBytes: mib * MIB,
        owner,
        uid: vm.uid,
        signal,
      });
    };
    await create(backend.locate(directory, 'root'), bases.root, vm.diskMib);
    if (vm.workDiskMib === undefined) return;
    invariant(bases.work !== undefined, `there is something that the work disk of ${vm.id} can begin as`);
    await create(backend.locate(directory, 'work'), bases.work, vm.workDiskMib);
  }

  /** Where each of its disks is, and where a copy of it in another directory would be. */
  copies(vm: Owner, directory: string): { serial: string; path: string; copyPath: string }[] {
    const names = [
      { name: 'root', serial: ROOT_SERIAL },
      ...(vm.workDiskMib === undefined ? [] : [{ name: 'work', serial: WORK_SERIAL }]),
    ];
    return names.map(({ name, serial }) => ({
      serial,
      path: this.#locate(vm, name).path,
      copyPath: this.backend(vm).locate(directory, name).path,
    }));
  }

  /** Copies that were kept in a directory, as the bases of new disks. */
  basesIn(vm: Pick<Owner, 'diskBackend' | 'workDiskMib'>, directory: string): DiskBases {
    const backend = this.backend(vm);
    return {
      root: backend.locate(directory, 'root'),
      work: vm.workDiskMib === undefined ? undefined : backend.locate(directory, 'work'),
      mayGo: true,
    };
  }

  /**
   * Finishes, or undoes, what a daemon that was killed has left of keeping copies, before anything else is done with the
   * disks. @param written what the VMM of a VM that runs writes to, by serial
   */
  async mend(vm: Owner, written?: ReadonlyMap<string, string>): Promise<void> {
    for (const { serial, path } of this.copies(vm, ''))
      await this.backend(vm).mend(path, written?.get(serial) ?? (written === undefined ? undefined : ''));
  }

  /** As the hypervisor gets them, the root disk first. @param identityPath of the drive that says who the guest is */
  drives(vm: Owner, identityPath: string): DriveSpec[] {
    const work = this.work(vm);
    return [
      { serial: ROOT_SERIAL, ...this.root(vm), readOnly: false },
      { serial: IDENTITY_SERIAL, path: identityPath, format: 'raw', readOnly: true },
      ...(work === undefined ? [] : [{ serial: WORK_SERIAL, ...work, readOnly: false }]),
    ];
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
