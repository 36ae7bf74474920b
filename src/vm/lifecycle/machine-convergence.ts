import { Inject, Injectable } from '@nestjs/common';
import { CapabilityRegistry } from '../../capabilities/index.js';
import { toBangerError } from '../../core/errors/index.js';
import { LOGGER } from '../../core/logging/index.js';
import type { Logger } from '../../core/logging/index.js';
import type { Machine } from '../hypervisor/hypervisor.js';
import { PublishedPorts } from '../ports/published-ports.service.js';
import { SettingsReconciler } from '../settings/settings-reconciler.js';
import type { Vm } from '../vm.types.js';

/** Makes what a half-finished change left in a machine that was taken up agree with the VM's record. */
@Injectable()
export class MachineConvergence {
  constructor(
    private readonly capabilities: CapabilityRegistry,
    private readonly ports: PublishedPorts,
    private readonly settings: SettingsReconciler,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** A VM that runs is kept, whatever fails here. */
  async run(vm: Vm, machine: Machine): Promise<void> {
    const warn = (message: string): void => this.logger.warn({ vm: vm.id }, message);
    const failures = await this.capabilities.reconcile(vm, machine.agent, warn);
    try {
      await machine.setForwards(await this.ports.forwards(vm));
    } catch (error) {
      failures.push({ id: 'published-ports', error: toBangerError(error, 'the forwarded ports') });
    }
    this.settings.begin(vm, machine);
    for (const { id, error } of failures)
      this.logger.error(
        { vm: vm.id, capability: id, err: error },
        'a part of a running VM could not be taken up',
      );
  }
}
