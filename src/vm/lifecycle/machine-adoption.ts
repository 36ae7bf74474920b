import { Inject, Injectable } from '@nestjs/common';
import { LOGGER } from '../../core/logging/index.js';
import type { Logger } from '../../core/logging/index.js';
import { Hypervisor } from '../hypervisor/hypervisor.js';
import { Machines } from '../machines.js';
import { VmDisks } from '../vm-disks.js';
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
    private readonly disks: VmDisks,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  async adopt(vm: Vm): Promise<boolean> {
    const machine = vm.machine === undefined ? undefined : await this.hypervisor.adopt(vm.machine);
    if (machine === undefined) return false;
    this.machines.add(vm.id, machine);
    // An earlier daemon may have died while it kept a copy of its disks. The guest, which may be hung, is not waited for.
    machine.agent.thaw().catch(() => undefined);
    await this.disks.mend(vm, await machine.drivePaths());
    this.watcher.watch(vm, machine);
    await this.convergence.run(vm, machine);
    this.logger.info({ vm: vm.id, pid: machine.record.process.pid }, 'took up a running VM');
    return true;
  }
}
