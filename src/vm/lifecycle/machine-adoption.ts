import { Inject, Injectable } from '@nestjs/common';
import { LOGGER } from '../../core/logging/index.js';
import type { Logger } from '../../core/logging/index.js';
import { Hypervisor } from '../hypervisor/hypervisor.js';
import { Machines } from '../machines.js';
import type { Vm } from '../vm.types.js';
import { MachineConvergence } from './machine-convergence.js';
import { MachineWatcher } from './machine-watcher.js';

/** Takes up machines of an earlier daemon. */
@Injectable()
export class MachineAdoption {
  constructor(
    private readonly hypervisor: Hypervisor,
    private readonly machines: Machines,
    private readonly watcher: MachineWatcher,
    private readonly convergence: MachineConvergence,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  async adopt(vm: Vm): Promise<boolean> {
    const machine = vm.machine === undefined ? undefined : await this.hypervisor.adopt(vm.machine);
    if (machine === undefined) return false;
    this.machines.add(vm.id, machine);
    // An earlier daemon may have died while it kept a copy of its disks. Not waited for: the guest may be hung.
    machine.agent.thaw().catch(() => undefined);
    this.watcher.watch(vm, machine);
    await this.convergence.run(vm, machine);
    this.logger.info({ vm: vm.id, pid: machine.record.process.pid }, 'took up a running VM');
    return true;
  }
}
