import { Injectable } from '@nestjs/common';
import type { VmSnapshotCreateParams, VmSnapshotView } from '../../contract/index.js';
import { newId } from '../../core/ids.js';
import type { OperationContext } from '../../core/operations/index.js';
import { VmChangeRunner } from '../lifecycle/vm-change-runner.js';
import { StopSteps } from '../lifecycle/stop-steps.js';
import { DEFAULT_STOP_TIMEOUT_MS } from '../lifecycle/stop.service.js';
import { VmPathFinder } from '../vm-paths.js';
import type { Vm } from '../vm.types.js';
import { SnapshotFiles } from './snapshot-files.adapter.js';
import { SnapshotMaker } from './snapshot-maker.js';
import { SnapshotNameTakenError } from './snapshot.errors.js';
import type { Snapshot } from './snapshot.types.js';
import { Snapshots } from './snapshots.js';

type Wishes = Omit<VmSnapshotCreateParams, 'vm'>;

/** Makes and deletes snapshots. */
@Injectable()
export class VmSnapshotService {
  constructor(
    private readonly changes: VmChangeRunner,
    private readonly snapshots: Snapshots,
    private readonly maker: SnapshotMaker,
    private readonly files: SnapshotFiles,
    private readonly stopping: StopSteps,
    private readonly paths: VmPathFinder,
  ) {}

  /** @throws SnapshotNameTakenError, DiskFullError */
  async create(vm: Vm, wishes: Wishes): Promise<VmSnapshotView> {
    let view: VmSnapshotView | undefined;
    await this.changes.change(
      { vm, method: 'vm.snapshot.create', action: 'snapshot' },
      async (current, operation) => {
        const name = await this.#name(current, wishes.snapshot);
        const down =
          wishes.stop === true && current.state === 'running'
            ? await this.stopping.run(current, DEFAULT_STOP_TIMEOUT_MS, operation)
            : current;
        view = await this.#make(down, { name, diskOnly: wishes.diskOnly ?? false }, operation);
        return down;
      },
    );
    return view as unknown as VmSnapshotView;
  }

  async delete(vm: Vm, ref: string): Promise<VmSnapshotView> {
    const snapshot = await this.snapshots.require(vm, ref);
    const view = await this.snapshots.view(vm, snapshot);
    await this.changes.change(
      { vm, method: 'vm.snapshot.delete', action: 'deletion of a snapshot' },
      async (current, operation) => {
        await operation.step('snapshot.delete', 'deleting the snapshot', () =>
          this.files.remove(this.paths.of(vm.id).snapshots, snapshot.id),
        );
        return current;
      },
    );
    return view;
  }

  async #make(
    vm: Vm,
    { name, diskOnly }: { name: string; diskOnly: boolean },
    operation: OperationContext,
  ): Promise<VmSnapshotView> {
    const parent = this.paths.of(vm.id).snapshots;
    const id = newId('snp');
    const { pausedMs, snapshot } = await this.files.withDirectory(parent, id, async (directory) => {
      const kept = await this.maker.make(vm, { directory, diskOnly }, operation);
      const { imageId, cpus, memoryMib, diskMib, workDiskMib, diskBackend } = vm;
      const whole: Snapshot = {
        version: 1,
        id,
        name,
        createdAt: new Date().toISOString(),
        imageId,
        cpus: kept.memory?.shape.cpus ?? cpus,
        memoryMib: kept.memory?.shape.bootMemoryMib ?? memoryMib,
        diskMib,
        ...(workDiskMib !== undefined && { workDiskMib }),
        diskBackend,
        disks: await this.files.disksIn(directory),
        ...(kept.memory !== undefined && { memory: kept.memory }),
      };
      await operation.step('snapshot.publish', 'putting the snapshot in place', () =>
        this.files.publish(directory, `${parent}/${id}`, whole),
      );
      return { pausedMs: kept.pausedMs, snapshot: whole };
    });
    const view = await this.snapshots.view(vm, snapshot);
    return pausedMs === 0 ? view : Object.assign(view, { pausedMs });
  }

  async #name(vm: Vm, wanted: string | undefined): Promise<string> {
    const taken = new Set((await this.snapshots.list(vm)).map(({ name }) => name));
    if (wanted === undefined) {
      let number = taken.size + 1;
      while (taken.has(String(number))) number += 1;
      return String(number);
    }
    if (taken.has(wanted)) throw new SnapshotNameTakenError(vm.name, wanted);
    return wanted;
  }
}
