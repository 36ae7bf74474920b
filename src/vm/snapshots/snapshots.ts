import { Injectable } from '@nestjs/common';
import type { VmSnapshotView } from '../../contract/index.js';
import { headProblem } from '../../host/index.js';
import type { SavedMachine } from '../hypervisor/hypervisor.js';
import type { DiskBases } from '../vm-disks.js';
import { VmDisks } from '../vm-disks.js';
import { VmPathFinder } from '../vm-paths.js';
import type { Vm } from '../vm.types.js';
import { SnapshotFiles } from './snapshot-files.adapter.js';
import { SnapshotDamagedError, SnapshotNotFoundError } from './snapshot.errors.js';
import { SNAPSHOT_FILES } from './snapshot.types.js';
import type { Snapshot } from './snapshot.types.js';

/** The snapshots that VMs have. */
@Injectable()
export class Snapshots {
  constructor(
    private readonly files: SnapshotFiles,
    private readonly disks: VmDisks,
    private readonly paths: VmPathFinder,
  ) {}

  /** Oldest first. */
  list(vm: Pick<Vm, 'id'>): Promise<Snapshot[]> {
    return this.files.list(this.paths.of(vm.id).snapshots);
  }

  /** By name, or id. @throws SnapshotNotFoundError */
  async require(vm: Pick<Vm, 'id' | 'name'>, ref: string): Promise<Snapshot> {
    const all = await this.list(vm);
    const found = all.find(({ name, id }) => name === ref || id === ref);
    if (found !== undefined) return found;
    throw new SnapshotNotFoundError(
      vm.name,
      ref,
      all.map(({ name }) => name),
    );
  }

  directoryOf(vm: Pick<Vm, 'id'>, { id }: Pick<Snapshot, 'id'>): string {
    return `${this.paths.of(vm.id).snapshots}/${id}`;
  }

  /** Where a machine is in a directory of a snapshot. */
  memoryIn(directory: string): SavedMachine {
    const { memory, state } = SNAPSHOT_FILES;
    return { memoryPath: `${directory}/${memory}`, statePath: `${directory}/${state}` };
  }

  /** Its disks, as the bases of others. @throws SnapshotDamagedError */
  async bases(vm: Pick<Vm, 'id' | 'name'>, snapshot: Snapshot): Promise<DiskBases> {
    const { diskBackend, workDiskMib, disks } = snapshot;
    const directory = this.directoryOf(vm, snapshot);
    const there = await this.files.disksIn(directory);
    for (const name of disks) {
      const path = `${directory}/${name}`;
      const format = name.endsWith('.qcow2') ? 'qcow2' : 'raw';
      const problem = there.includes(name) ? await headProblem({ path, format }) : 'it is missing';
      if (problem !== undefined)
        throw new SnapshotDamagedError(vm.name, snapshot.name, `${path}: ${problem}`);
    }
    return this.disks.basesIn({ diskBackend, workDiskMib }, directory);
  }

  async view(vm: Pick<Vm, 'id' | 'name'>, snapshot: Snapshot): Promise<VmSnapshotView> {
    const { id, name, cpus, memoryMib, diskMib, workDiskMib, createdAt, memory } = snapshot;
    return {
      id,
      name,
      vm: vm.name,
      kind: memory === undefined ? 'disk' : 'memory',
      cpus,
      memoryMib,
      diskMib,
      ...(workDiskMib !== undefined && { workDiskMib }),
      ownBytes: await this.files.ownBytes(this.directoryOf(vm, snapshot)),
      createdAt,
    };
  }
}
