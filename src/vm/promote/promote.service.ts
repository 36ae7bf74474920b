import { Injectable } from '@nestjs/common';
import { SyncFiles } from '../../capabilities/index.js';
import type { ImagePromoteParams, OperationView, VmState } from '../../contract/index.js';
import { MachineImages } from '../../image/index.js';
import type { MachineSource, Making } from '../../image/index.js';
import { VmLocks } from '../vm-locks.js';
import { VmWrongStateError } from '../vm.errors.js';
import { VmRepository } from '../vm.repository.js';
import type { Vm } from '../vm.types.js';
import { PromotedDisks } from './promoted-disks.js';

const STATES: readonly VmState[] = ['stopped', 'failed'];

/** Makes images of VMs. */
@Injectable()
export class PromoteService {
  constructor(
    private readonly vms: VmRepository,
    private readonly locks: VmLocks,
    private readonly disks: PromotedDisks,
    private readonly synced: SyncFiles,
    private readonly images: MachineImages,
  ) {}

  /**
   * Begins to make an image of a VM that is down. The VM is held until its disks are copied.
   * @throws VmNotFoundError, VmBusyError, VmWrongStateError, VmDiskMissingError, VmDamagedError, DiskFullError,
   *   ImageDamagedError, ImageBusyError, ImageExistsError
   */
  async begin(params: ImagePromoteParams): Promise<OperationView> {
    const { name, force = false, clearHistory = false } = params;
    const { id, name: vmName } = await this.vms.require(params.vm);
    const release = await this.locks.take(id, vmName, 'a promotion');
    try {
      const vm = await this.vms.require(id);
      if (!STATES.includes(vm.state)) throw new VmWrongStateError(vm.name, vm.state, STATES);
      await this.disks.check(vm);
      const again = `banger image promote ${vm.name} ${name}`;
      const order = { name, replace: force, parentId: vm.imageId, again, released: release };
      const view = await this.locks.under(id, () =>
        this.images.begin(order, async (making) => {
          const source = await this.#copy(vm, making);
          release();
          return { ...source, clearHistory };
        }),
      );
      this.locks.attachOperation(id, view.id);
      return view;
    } catch (error) {
      release();
      throw error;
    }
  }

  async #copy(vm: Vm, making: Making): Promise<Omit<MachineSource, 'parent' | 'clearHistory'>> {
    const files = (await this.synced.remembered(vm.id)).map(({ path }) => path);
    const owner = await making.step('image.copy', `copying the disks of ${vm.name}`, () =>
      this.disks.copy(vm, making.site),
    );
    return { reference: vm.name, hasWork: vm.workDiskMib !== undefined, files, owner };
  }
}
