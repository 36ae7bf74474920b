import { Injectable } from '@nestjs/common';
import { toBangerError } from '../../core/errors/index.js';
import type { DiskKeeping } from '../../host/index.js';
import type { DriveFreeze, Machine, SavedMachine } from '../hypervisor/hypervisor.js';
import { Machines } from '../machines.js';
import { VmDisks } from '../vm-disks.js';
import type { Vm } from '../vm.types.js';
import { SnapshotHelpers } from './snapshot-helpers.js';

export interface CaptureOrder {
  /** where the copies of its disks are to be; they are not there yet */
  readonly directory: string;
  /** where its memory is to be; undefined: not wanted */
  readonly to: SavedMachine | undefined;
  readonly signal: AbortSignal;
}

interface KeptDrive {
  readonly serial: string;
  readonly keeping: DiskKeeping;
}

/** Keeps what a VM is at one moment: its disks as the bases of others, and its memory if it runs. */
@Injectable()
export class VmCapture {
  constructor(
    private readonly machines: Machines,
    private readonly disks: VmDisks,
    private readonly helpers: SnapshotHelpers,
  ) {}

  /**
   * Of a VM that runs or is down, under its lock. When it fails, or is cancelled, the VM goes on as if nothing had been.
   * @returns `ms` that its guest stood still: 0 for one that is down
   */
  async take(vm: Vm, { directory, to, signal }: CaptureOrder): Promise<number> {
    const machine = this.machines.get(vm.id);
    const drives: KeptDrive[] = [];
    try {
      const written = await machine?.drivePaths();
      for (const { serial, path, copyPath } of this.disks.copies(vm, directory)) {
        await this.disks.backend(vm).mend(path, written?.get(serial));
        const request = { path, copyPath, uid: vm.uid };
        drives.push({ serial, keeping: await this.disks.backend(vm).keep(request) });
      }
      const takeAll = async (): Promise<void> => {
        await Promise.all(drives.map(({ keeping }) => keeping.take()));
      };
      if (machine !== undefined) return await this.#snapshot(vm, machine, { to, drives, takeAll, signal });
      await takeAll();
      return 0;
    } finally {
      for (const { keeping } of drives) await keeping.settle();
    }
  }

  /** Puts the machine of a VM that runs into files, and leaves it halted. Its disks stay where they are. */
  async putAway(vm: Vm, to: SavedMachine, signal: AbortSignal): Promise<void> {
    const machine = this.machines.require(vm);
    await this.helpers.with(vm, (helper) =>
      machine.snapshot({
        memory: { to, memoryMib: bootMemoryMib(vm), helper, forGood: true },
        freeze: [],
        whileHalted: () => Promise.resolve(),
        signal,
      }),
    );
  }

  async #snapshot(
    vm: Vm,
    machine: Machine,
    {
      to,
      drives,
      takeAll,
      signal,
    }: { drives: readonly KeptDrive[]; takeAll: () => Promise<void> } & Pick<CaptureOrder, 'to' | 'signal'>,
  ): Promise<number> {
    const freeze: DriveFreeze[] = drives.flatMap(({ serial, keeping: { overlayPath } }) =>
      overlayPath === undefined ? [] : [{ serial, overlayPath }],
    );
    const order = { freeze, whileHalted: takeAll, signal };
    if (to !== undefined)
      return this.helpers.with(vm, (helper) =>
        machine.snapshot({ ...order, memory: { to, memoryMib: bootMemoryMib(vm), helper } }),
      );
    return withFrozenFiles(machine, () => machine.snapshot({ ...order, memory: undefined }));
  }
}

/** Without the memory, what the guest's file systems have not written yet would be lost. */
async function withFrozenFiles<T>(machine: Machine, body: () => Promise<T>): Promise<T> {
  await machine.agent.freeze();
  let result: T;
  try {
    result = await body();
  } catch (error) {
    await machine.agent.thaw().catch(() => undefined);
    throw toBangerError(error, 'the snapshot');
  }
  await machine.agent.thaw();
  return result;
}

function bootMemoryMib({ machine, memoryMib }: Vm): number {
  return machine?.shape?.bootMemoryMib ?? memoryMib;
}
