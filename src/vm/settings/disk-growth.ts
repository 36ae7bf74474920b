import { Injectable } from '@nestjs/common';
import { DiskFullError, invariant, isKind, toBangerError } from '../../core/errors/index.js';
import type { OperationContext } from '../../core/operations/index.js';
import { HostFacts } from '../../host/index.js';
import type { Disk } from '../../host/index.js';
import { ROOT_SECTORS_PATH, ROOT_SERIAL, WORK_SECTORS_PATH, WORK_SERIAL } from '../../image/index.js';
import type { Machine } from '../hypervisor/hypervisor.js';
import { Machines } from '../machines.js';
import { VmDisks } from '../vm-disks.js';
import { VmRepository } from '../vm.repository.js';
import type { MachineShape, Vm } from '../vm.types.js';
import { growFileSystem } from './guest-settings.js';
import { MachineShapes } from './machine-shapes.js';
import type { GrowingDisk } from './set-plan.js';

const MIB = 1024 * 1024;

interface DiskFacts {
  readonly step: string;
  readonly title: string;
  readonly serial: string;
  readonly mountPoint: string;
  /** in the guest: size of the drive that the file system was made for, `sectors` */
  readonly sectorsFile: string;
  /** undefined for a VM that does not have it */
  readonly locate: (disks: VmDisks, vm: Vm) => Disk | undefined;
}

const GROWING_DISKS: Readonly<Record<GrowingDisk, DiskFacts>> = {
  diskMib: {
    step: 'disk.grow',
    title: 'growing the disk',
    serial: ROOT_SERIAL,
    mountPoint: '/',
    sectorsFile: `/${ROOT_SECTORS_PATH}`,
    locate: (disks, vm) => disks.root(vm),
  },
  workDiskMib: {
    step: 'work-disk.grow',
    title: 'growing the work disk',
    serial: WORK_SERIAL,
    mountPoint: '/root',
    sectorsFile: `/${WORK_SECTORS_PATH}`,
    locate: (disks, vm) => disks.work(vm),
  },
};

const NAMES = Object.keys(GROWING_DISKS) as GrowingDisk[];

/**
 * Makes disks larger. The size is written down first: what then happens to the daemon, or to the machine, the disk is
 * grown to it when the VM is taken up (`SettingsReconciler`) or started (`fit`), and its file system with it. There is no
 * way back from a drive that a guest has seen, so the rest of the step is not given up half-way.
 */
@Injectable()
export class DiskGrowth {
  constructor(
    private readonly disks: VmDisks,
    private readonly host: HostFacts,
    private readonly machines: Machines,
    private readonly shapes: MachineShapes,
    private readonly vms: VmRepository,
  ) {}

  /** One step. A failure leaves disk and record as they were; a guest that does not grow its file system is a warning. */
  async grow(vm: Vm, disk: GrowingDisk, mib: number, operation: OperationContext): Promise<Vm> {
    const { step, title } = GROWING_DISKS[disk];
    return operation.step(step, title, async (progress) => {
      const grown = await this.vms.update(vm.id, { [disk]: mib });
      const machine = this.machines.get(vm.id);
      try {
        await this.#growDrive(grown, disk, machine);
      } catch (error) {
        await this.vms.update(vm.id, { [disk]: vm[disk] });
        throw await this.#explain(vm, disk, error);
      }
      if (machine === undefined) return grown;
      progress.detail('the file system');
      try {
        await this.#growFileSystem(grown, disk, machine);
        return await this.shapes.change(vm.id, { [disk]: mib });
      } catch (error) {
        const { message } = toBangerError(error, title);
        operation.warn(`the drive is larger, its file system is grown at the next start: ${message}`);
        return grown;
      }
    });
  }

  /**
   * Before a start: a change that was interrupted may have left a disk smaller than the record says, or a copy that was
   * being kept may have left the place of the disk to the file that it was before.
   */
  async fit(vm: Vm): Promise<void> {
    for (const disk of NAMES.filter((name) => vm[name] !== undefined)) {
      try {
        await this.#growDrive(vm, disk, undefined);
      } catch (error) {
        // Larger than the record says does no harm: the guest grows its file system to the drive.
        if (!isKind(error, 'VM_RESOURCES_INVALID')) throw error;
      }
    }
  }

  /** Disks of which the running machine does not have all that the record says. */
  behind(vm: Vm, shape: MachineShape): GrowingDisk[] {
    return NAMES.filter((disk) => (vm[disk] ?? 0) > (shape[disk] ?? Infinity));
  }

  /** The drive of a running machine, and what the guest has on it. Repeatable. */
  async growLive(vm: Vm, disk: GrowingDisk, machine: Machine): Promise<void> {
    await this.#growDrive(vm, disk, machine);
    await this.#growFileSystem(vm, disk, machine);
  }

  async #growFileSystem(vm: Vm, disk: GrowingDisk, { agent }: Machine): Promise<void> {
    const { mountPoint, sectorsFile } = GROWING_DISKS[disk];
    const sizes = { mountPoint, mib: vm[disk] ?? 0, sectorsFile };
    await growFileSystem({ vm: vm.name, agent }, sizes);
  }

  async #growDrive(vm: Vm, disk: GrowingDisk, machine: Machine | undefined): Promise<void> {
    const bytes = (vm[disk] ?? 0) * MIB;
    if (machine === undefined) {
      await this.disks.mend(vm);
      await this.disks.backend(vm).grow(this.#path(vm, disk), bytes);
    } else await machine.resizeDrive(GROWING_DISKS[disk].serial, bytes);
  }

  #path(vm: Vm, disk: GrowingDisk): string {
    const located = GROWING_DISKS[disk].locate(this.disks, vm);
    invariant(located !== undefined, `VM ${vm.id} has no such disk to grow`);
    return located.path;
  }

  /** QEMU tells a full disk in prose only. */
  async #explain(vm: Vm, disk: GrowingDisk, error: unknown): Promise<unknown> {
    const path = this.#path(vm, disk);
    return (await this.host.freeBytes(path)) < MIB ? new DiskFullError(path, error) : error;
  }
}
