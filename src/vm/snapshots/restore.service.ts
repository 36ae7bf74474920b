import { Injectable } from '@nestjs/common';
import { toBangerError } from '../../core/errors/index.js';
import type { OperationContext } from '../../core/operations/index.js';
import { StartSteps } from '../lifecycle/start-steps.js';
import { StopSteps } from '../lifecycle/stop-steps.js';
import { VmChangeRunner } from '../lifecycle/vm-change-runner.js';
import { inOneLine } from '../saving/blame.js';
import { VmRepository } from '../vm.repository.js';
import type { Vm } from '../vm.types.js';
import { SnapshotPlacement } from './snapshot-placement.js';
import type { Snapshot } from './snapshot.types.js';
import { Snapshots } from './snapshots.js';

/** Makes a VM what it was at a snapshot. */
@Injectable()
export class VmRestoreService {
  constructor(
    private readonly changes: VmChangeRunner,
    private readonly snapshots: Snapshots,
    private readonly placement: SnapshotPlacement,
    private readonly stopping: StopSteps,
    private readonly starting: StartSteps,
    private readonly vms: VmRepository,
  ) {}

  /**
   * With the memory it goes on from there; otherwise it is down, or boots if it ran. All that can be wrong with the
   * snapshot is found before the VM is touched.
   */
  async restore(vm: Vm, ref: string, force: boolean): Promise<Vm> {
    const snapshot = await this.snapshots.require(vm, ref);
    return this.changes.change(
      { vm, method: 'vm.snapshot.restore', action: 'restore', force },
      (current, operation) => this.#run(current, snapshot, operation),
    );
  }

  async #run(vm: Vm, snapshot: Snapshot, operation: OperationContext): Promise<Vm> {
    const withMemory = await operation.step('snapshot.check', 'looking at the snapshot', async () => {
      await this.snapshots.bases(vm, snapshot);
      return this.#hasUsableMemory(vm, snapshot, operation);
    });
    const ran = vm.state === 'running';
    const down = ran || vm.state === 'suspended' ? await this.stopping.run(vm, undefined, operation) : vm;
    await operation.step('disk.restore', 'putting its disks back', () =>
      this.placement.putDisksBack(down, snapshot, operation.signal),
    );
    const { diskMib, workDiskMib } = snapshot;
    const resized = await this.vms.update(vm.id, {
      diskMib,
      ...(workDiskMib !== undefined && { workDiskMib }),
    });
    if (!withMemory) return ran ? this.starting.run(resized, operation) : resized;
    await operation.step('memory.restore', 'putting its memory back', () =>
      this.placement.putMemoryBack(down, snapshot),
    );
    const asleep = await this.vms.transition(down, 'suspended', { error: null });
    return this.starting.run(asleep, operation);
  }

  async #hasUsableMemory(vm: Vm, snapshot: Snapshot, operation: OperationContext): Promise<boolean> {
    if (snapshot.memory === undefined) return false;
    try {
      await this.placement.checkMemory(vm, snapshot);
      return true;
    } catch (error) {
      const failure = toBangerError(error, 'the memory of the snapshot');
      if (failure.kind !== 'SAVED_MEMORY_UNUSABLE') throw error;
      operation.warn(`its disks alone are put back: ${inOneLine(failure)}`);
      return false;
    }
  }
}
