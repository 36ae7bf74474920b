import { Injectable } from '@nestjs/common';
import type { ErrorKind } from '../../contract/index.js';
import { toBangerError } from '../../core/errors/index.js';
import { HostDirectories } from '../../host/index.js';
import type { DiskKeeping } from '../../host/index.js';
import type { DriveFreeze, Machine, SavedMachine } from '../hypervisor/hypervisor.js';
import { endOf } from '../machine-end.js';
import { Machines } from '../machines.js';
import { VmDisks } from '../vm-disks.js';
import { vmDirectoryOptions, VmPathFinder } from '../vm-paths.js';
import { VmWentDownError } from '../vm.errors.js';
import type { Vm } from '../vm.types.js';
import { SnapshotHelpers } from './snapshot-helpers.js';

const MIB = 1024 * 1024;
/** what a VMM's silence is told as */
const SILENT: readonly ErrorKind[] = ['VMM_PROTOCOL', 'VMM_FAILED', 'VM_GUEST_UNREACHABLE'];

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
    private readonly directories: HostDirectories,
    private readonly paths: VmPathFinder,
  ) {}

  /**
   * Of a VM that runs or is down, under its lock. When it fails, or is cancelled, the VM goes on as if nothing had been.
   * @returns `ms` that its guest stood still: 0 for one that is down
   */
  async take(vm: Vm, order: CaptureOrder): Promise<number> {
    const machine = this.machines.get(vm.id);
    return orItsEnd(vm, machine, () => this.#take(vm, machine, order));
  }

  /** Puts the machine of a VM that runs into files, and leaves it halted. Its disks stay where they are. */
  async putAway(vm: Vm, to: SavedMachine, signal: AbortSignal): Promise<void> {
    const machine = this.machines.require(vm);
    await this.disks.checkRoom(bootMemoryMib(vm) * MIB);
    await orItsEnd(vm, machine, () =>
      this.helpers.with(vm, (helper) =>
        machine.snapshot({
          memory: { to, memoryMib: bootMemoryMib(vm), helper, forGood: true },
          freeze: [],
          whileHalted: () => Promise.resolve(),
          signal,
        }),
      ),
    );
  }

  async #take(
    vm: Vm,
    machine: Machine | undefined,
    { directory, to, signal }: CaptureOrder,
  ): Promise<number> {
    const drives: KeptDrive[] = [];
    try {
      await this.disks.mend(vm, await machine?.drivePaths());
      await this.#closeDirectory(vm);
      for (const { serial, path, copyPath } of this.disks.copies(vm, directory)) {
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
      await settleAll(drives, machine);
    }
  }

  /** What is kept can be read by whoever gets there. Earlier versions let everybody through. */
  async #closeDirectory(vm: Vm): Promise<void> {
    await this.directories.make(this.paths.of(vm.id).directory, vmDirectoryOptions(vm));
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

/**
 * A VMM that failed to answer may have gone over to the overlays all the same: what it writes to is asked. Where nobody
 * knows, nothing is touched: it is found by `mend` when the machine is gone.
 */
async function settleAll(drives: readonly KeptDrive[], machine: Machine | undefined): Promise<void> {
  const written = await machine?.drivePaths().catch(() => 'unknown' as const);
  const settle = async ({ serial, keeping }: KeptDrive): Promise<void> => {
    const { overlayPath } = keeping;
    if (overlayPath !== undefined && written === 'unknown') return;
    if (overlayPath !== undefined && written !== 'unknown' && written?.get(serial) === overlayPath)
      await keeping.take();
    await keeping.settle();
  };
  // one that fails keeps none of the others from it
  const failures: unknown[] = [];
  for (const drive of drives) await settle(drive).catch((error: unknown) => failures.push(error));
  if (failures.length > 0) throw failures[0];
}

/** Of a machine that ends meanwhile its end is told, not which of its channels was found closed. */
async function orItsEnd<T>(vm: Vm, machine: Machine | undefined, body: () => Promise<T>): Promise<T> {
  try {
    return await body();
  } catch (error) {
    const mayHaveEnded = SILENT.includes(toBangerError(error, 'the snapshot').kind);
    if (!mayHaveEnded || machine === undefined || (await endOf(machine)) === undefined) throw error;
    throw new VmWentDownError(vm.name, error);
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
