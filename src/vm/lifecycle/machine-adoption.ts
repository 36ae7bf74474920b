import { Inject, Injectable } from '@nestjs/common';
import { CapabilityRegistry } from '../../capabilities/index.js';
import { toBangerError } from '../../core/errors/index.js';
import { LOGGER } from '../../core/logging/index.js';
import type { Logger } from '../../core/logging/index.js';
import { Hypervisor } from '../hypervisor/hypervisor.js';
import type { Machine } from '../hypervisor/hypervisor.js';
import { Machines } from '../machines.js';
import { PublishedPorts } from '../ports/published-ports.service.js';
import type { Vm } from '../vm.types.js';
import { MachineWatcher } from './machine-watcher.js';

/** Takes up machines of an earlier daemon. */
@Injectable()
export class MachineAdoption {
  constructor(
    private readonly hypervisor: Hypervisor,
    private readonly machines: Machines,
    private readonly watcher: MachineWatcher,
    private readonly capabilities: CapabilityRegistry,
    private readonly ports: PublishedPorts,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  async adopt(vm: Vm): Promise<boolean> {
    const machine = vm.machine === undefined ? undefined : await this.hypervisor.adopt(vm.machine);
    if (machine === undefined) return false;
    this.machines.add(vm.id, machine);
    this.watcher.watch(vm, machine);
    await this.#converge(vm, machine);
    this.logger.info({ vm: vm.id, pid: machine.record.process.pid }, 'took up a running VM');
    return true;
  }

  /** What a half-finished change left is made to agree with the VM's record. A VM that runs is kept, whatever fails here. */
  async #converge(vm: Vm, machine: Machine): Promise<void> {
    const warn = (message: string): void => this.logger.warn({ vm: vm.id }, message);
    const failures = await this.capabilities.reconcile(vm, machine.agent, warn);
    try {
      await machine.setForwards(await this.ports.forwards(vm));
    } catch (error) {
      failures.push({ id: 'published-ports', error: toBangerError(error, 'the forwarded ports') });
    }
    for (const { id, error } of failures)
      this.logger.error(
        { vm: vm.id, capability: id, err: error },
        'a part of a running VM could not be taken up',
      );
  }
}
