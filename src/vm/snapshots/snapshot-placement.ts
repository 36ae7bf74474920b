import { Injectable } from '@nestjs/common';
import { SavedMemories } from '../saving/saved-memory.js';
import { SuspendedVms } from '../suspend/suspended-vms.js';
import { VmDisks } from '../vm-disks.js';
import type { Vm } from '../vm.types.js';
import { DiskRestoration } from './disk-restoration.adapter.js';
import type { Snapshot } from './snapshot.types.js';
import { Snapshots } from './snapshots.js';

/** Puts what is in a snapshot in the place of what its VM is now. */
@Injectable()
export class SnapshotPlacement {
  constructor(
    private readonly snapshots: Snapshots,
    private readonly disks: VmDisks,
    private readonly restoration: DiskRestoration,
    private readonly memories: SavedMemories,
    private readonly suspended: SuspendedVms,
  ) {}

  /** @throws SavedMemoryError when a machine cannot go on from it */
  async checkMemory(vm: Vm, snapshot: Snapshot): Promise<void> {
    if (snapshot.memory !== undefined)
      await this.memories.check(vm, this.snapshots.directoryOf(vm, snapshot), snapshot.memory);
  }

  /** Under the lock of the VM, which is down. @throws SnapshotDamagedError, DiskFullError: its disks are what they were */
  async putDisksBack(vm: Vm, snapshot: Snapshot, signal: AbortSignal): Promise<void> {
    const bases = await this.snapshots.bases(vm, snapshot);
    const { diskMib, workDiskMib } = snapshot;
    const owner = { type: 'vm', id: vm.id } as const;
    await this.restoration.run(vm, (directory) =>
      this.disks.makeIn(directory, { ...vm, diskMib, workDiskMib }, { bases, owner, signal }),
    );
  }

  /** It is suspended then, as it was. */
  async putMemoryBack(vm: Vm, snapshot: Snapshot): Promise<void> {
    const { memory } = snapshot;
    if (memory === undefined) return;
    const source = this.snapshots.memoryIn(this.snapshots.directoryOf(vm, snapshot));
    await this.suspended.keepShared(vm, { memory, source });
  }
}
