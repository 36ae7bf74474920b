import { Injectable } from '@nestjs/common';
import type { OperationContext } from '../../core/operations/index.js';
import { SavedMemories } from '../saving/saved-memory.js';
import type { SavedMemory } from '../saving/saved-memory.js';
import { SuspendedVms } from '../suspend/suspended-vms.js';
import { VmDisks } from '../vm-disks.js';
import type { Vm } from '../vm.types.js';
import { Snapshots } from './snapshots.js';
import { VmCapture } from './vm-capture.js';

const MIB = 1024 * 1024;
/** `bytes` that have to be free for what is not memory */
const DISK_BYTES = 32 * MIB;

export interface KeptVm {
  /** `ms` that the guest stood still */
  readonly pausedMs: number;
  /** undefined where only the disks were kept */
  readonly memory: SavedMemory | undefined;
}

/** Fills the directory of a snapshot. */
@Injectable()
export class SnapshotMaker {
  constructor(
    private readonly capture: VmCapture,
    private readonly memories: SavedMemories,
    private readonly suspended: SuspendedVms,
    private readonly snapshots: Snapshots,
    private readonly disks: VmDisks,
  ) {}

  /** Under the VM's lock, whether it runs, is down or suspended. @throws DiskFullError */
  async make(
    vm: Vm,
    { directory, diskOnly }: { directory: string; diskOnly: boolean },
    operation: OperationContext,
  ): Promise<KeptVm> {
    const to = this.snapshots.memoryIn(directory);
    const runs = vm.state === 'running';
    const withMemory = !diskOnly && runs;
    await this.disks.checkRoom(DISK_BYTES + (withMemory ? vm.memoryMib * MIB : 0));
    const pausedMs = await operation.step('vm.capture', 'keeping what it is', async (step) => {
      const order = { directory, to: withMemory ? to : undefined, signal: operation.signal };
      const ms = await this.capture.take(vm, order);
      if (runs) step.detail(`it stood still for ${Math.round(ms)} ms`);
      return ms;
    });
    if (diskOnly || (!runs && vm.state !== 'suspended')) return { pausedMs, memory: undefined };
    const memory = await operation.step('memory.seal', 'writing down its memory', () =>
      runs ? this.memories.seal(vm, to) : this.suspended.copyTo(vm, to),
    );
    return { pausedMs, memory };
  }
}
