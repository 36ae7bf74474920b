import { Inject, Injectable } from '@nestjs/common';
import { apart } from '../../core/concurrency/index.js';
import { toBangerError } from '../../core/errors/index.js';
import { LOGGER } from '../../core/logging/index.js';
import type { Logger } from '../../core/logging/index.js';
import type { ExitStatus } from '../../core/process/index.js';
import type { Machine } from '../hypervisor/hypervisor.js';
import { Machines } from '../machines.js';
import { VmLocks } from '../vm-locks.js';
import { VmRepository } from '../vm.repository.js';
import type { Vm } from '../vm.types.js';
import { MachineEnds } from './machine-ends.js';

/** Records machines that end without anybody having asked: a guest that powers itself off, a VMM that crashes. */
@Injectable()
export class MachineWatcher {
  constructor(
    private readonly machines: Machines,
    private readonly locks: VmLocks,
    private readonly vms: VmRepository,
    private readonly ends: MachineEnds,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  watch(vm: Pick<Vm, 'id'>, machine: Machine): void {
    // Begun by a start that holds the VM, it must be able to wait for the VM itself.
    apart(() => machine.exited.then((exit) => this.#recordEnd(vm.id, machine, exit))).catch(
      (error: unknown) => {
        this.logger.error(
          { vm: vm.id, err: toBangerError(error) },
          'the end of a machine could not be recorded',
        );
      },
    );
  }

  async #recordEnd(vmId: string, machine: Machine, exit: ExitStatus): Promise<void> {
    // A stop, kill or deletion under way does all of this itself; afterwards the machine is no longer registered.
    const release = await this.locks.wait(vmId, 'recording its end');
    try {
      const vm = await this.vms.find(vmId);
      if (vm === undefined || this.machines.get(vmId) !== machine) return;
      this.logger.warn({ vm: vmId, exit }, 'machine ended by itself');
      await this.locks.under(vmId, () => this.ends.record(vm, exit));
    } finally {
      release();
    }
  }
}
