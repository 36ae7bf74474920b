import { Injectable } from '@nestjs/common';
import type { OperationView, VmSnapshotCopyParams } from '../../contract/index.js';
import { toBangerError } from '../../core/errors/index.js';
import { inOneLine } from '../saving/blame.js';
import { SnapshotPlacement } from '../snapshots/snapshot-placement.js';
import type { Snapshot } from '../snapshots/snapshot.types.js';
import { Snapshots } from '../snapshots/snapshots.js';
import type { Vm } from '../vm.types.js';
import { CopyPreflight } from './copy-preflight.js';
import type { CopySource } from './copy-steps.js';
import { VmCopies } from './vm-copies.js';

/** Makes VMs that begin as another one was at a snapshot. */
@Injectable()
export class SnapshotCopyService {
  constructor(
    private readonly snapshots: Snapshots,
    private readonly placement: SnapshotPlacement,
    private readonly preflight: CopyPreflight,
    private readonly copies: VmCopies,
  ) {}

  async begin(parent: Vm, params: VmSnapshotCopyParams, signal: AbortSignal): Promise<OperationView> {
    const { vm: _vm, snapshot: ref, name: wanted, cold = false, ...settings } = params;
    const snapshot = await this.snapshots.require(parent, ref);
    const named = { ...(wanted !== undefined && { name: wanted }), ...settings };
    const name = await this.preflight.checkOne(snapshot, named, signal);
    const { source, warning } = await this.#source(parent, snapshot, cold);
    const size = { ...snapshot, workDiskMib: snapshot.workDiskMib };
    const { view } = await this.copies.begin({
      kind: 'vm.snapshot.copy',
      parent,
      name,
      settings,
      source,
      paused: false,
      size,
      ...(warning !== undefined && { warning }),
    });
    return view;
  }

  async #source(
    vm: Vm,
    snapshot: Snapshot,
    cold: boolean,
  ): Promise<{ source: CopySource; warning?: string }> {
    const { id, name, publishedPorts } = vm;
    const bases = await this.snapshots.bases(vm, snapshot);
    const source = { bases, copyOf: { id, name, publishedPorts } };
    const { memory } = snapshot;
    if (memory === undefined || cold) return { source };
    try {
      await this.placement.checkMemory(vm, snapshot);
    } catch (error) {
      const failure = toBangerError(error, 'the memory of the snapshot');
      if (failure.kind !== 'SAVED_MEMORY_UNUSABLE') throw error;
      return { source, warning: `booted from the disks of the snapshot: ${inOneLine(failure)}` };
    }
    const saved = this.snapshots.memoryIn(this.snapshots.directoryOf(vm, snapshot));
    return { source: { ...source, machine: { saved, shape: memory.shape } } };
  }
}
