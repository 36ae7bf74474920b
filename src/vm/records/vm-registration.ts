import { Injectable } from '@nestjs/common';
import { toBangerError } from '../../core/errors/index.js';
import type { OperationContext } from '../../core/operations/index.js';
import { ImageService } from '../../image/index.js';
import { MachineAdoption } from '../lifecycle/machine-adoption.js';
import { LeftoverFinder } from '../reaper/leftover-finder.js';
import { VmRepository } from '../vm.repository.js';
import type { NewVm } from '../vm.repository.js';
import type { VmRecord } from './vm-record.js';
import { VmBooking } from './vm-booking.js';
import { VmRecords } from './vm-records.js';

/** Enters VMs into the books again that the books have lost, from the records beside their disks. */
@Injectable()
export class VmRegistration {
  constructor(
    private readonly finder: LeftoverFinder,
    private readonly records: VmRecords,
    private readonly images: ImageService,
    private readonly booking: VmBooking,
    private readonly adoption: MachineAdoption,
    private readonly vms: VmRepository,
  ) {}

  /** Each VM entered is a step of the operation. */
  async run(operation: OperationContext): Promise<void> {
    const ids = new Set((await this.finder.everything()).map(({ vmId }) => vmId));
    const known = new Set((await this.vms.list()).map(({ id }) => id));
    for (const id of ids) {
      const record = known.has(id) ? undefined : await this.records.read(id);
      if (record === undefined) continue;
      try {
        await operation.step('vm.register', `VM ${record.vm.name}: the books do not know it`, async (step) =>
          step.detail(await this.#register(record)),
        );
      } catch (error) {
        operation.signal.throwIfAborted();
        operation.warn(`VM ${record.vm.name}: could not be entered again: ${toBangerError(error).message}`);
      }
    }
  }

  async #register({ vm: kept }: VmRecord): Promise<string> {
    await this.images.get(kept.imageId);
    const { workspace, workspaces = workspace === undefined ? [] : [workspace], expiresAt, ...rest } = kept;
    const name = (await this.vms.nameIsFree(kept.name)) ? kept.name : `${kept.name}-${kept.id.slice(-6)}`;
    const machine = await this.booking.machine(kept.id, kept.accelerator);
    // an ephemeral one would be deleted at the daemon's next start
    const row: NewVm = {
      ...rest,
      name,
      ephemeral: false,
      expiresAt: expiresAt === undefined ? undefined : new Date(expiresAt),
    };
    const vm = await this.vms.register(row, { machine, workspaces });
    await this.booking.book(vm);
    if (machine === undefined) return `entered again as ${name}, stopped`;
    const runs = await this.adoption.adopt(vm).catch(() => false);
    return runs
      ? `entered again as ${name}; it runs on`
      : `entered again as ${name}; its hypervisor still runs`;
  }
}
