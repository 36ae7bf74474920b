import { Inject, Injectable } from '@nestjs/common';
import { toBangerError } from '../../core/errors/index.js';
import { LOGGER } from '../../core/logging/index.js';
import type { Logger } from '../../core/logging/index.js';
import type { LedgerEntry } from '../../core/operations/index.js';
import { VmRepository } from '../vm.repository.js';
import type { Vm } from '../vm.types.js';
import { MachineAdoption } from './machine-adoption.js';
import { MachineEnds } from './machine-ends.js';
import { MachineTeardown } from './machine-teardown.js';
import { VmRemains } from './vm-remains.js';

const NO_STATUS = { exitCode: null, signal: null } as const;

/** Makes a VM in the database, the ledger and its machine agree again: takes up what still runs, undoes what was half done. */
@Injectable()
export class VmReconciler {
  constructor(
    private readonly vms: VmRepository,
    private readonly adoption: MachineAdoption,
    private readonly teardown: MachineTeardown,
    private readonly ends: MachineEnds,
    private readonly remains: VmRemains,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** While the daemon runs. Under the VM's lock. @param hasMachine whether its machine is in hand */
  async reconcileOne(id: string, hasMachine: boolean): Promise<void> {
    const vm = await this.vms.find(id);
    if (vm === undefined || (vm.state === 'running' && hasMachine)) return;
    this.logger.warn({ vm: id, state: vm.state }, 'nobody attends to a VM; making its record true');
    await this.reconcile(vm, await this.remains.entriesOf(id));
  }

  /** One that nobody is at work on, under its lock. */
  async settle(vm: Vm): Promise<void> {
    await this.#reconcile(vm, await this.remains.entriesOf(vm.id));
  }

  /** One that cannot be reconciled must not keep the daemon from serving the others. @param entries of all VMs or of this */
  async reconcile(vm: Vm, entries: readonly LedgerEntry[]): Promise<void> {
    try {
      await this.#reconcile(vm, entries);
    } catch (error) {
      this.logger.error({ vm: vm.id, err: toBangerError(error) }, 'VM could not be reconciled');
    }
  }

  async #reconcile(vm: Vm, entries: readonly LedgerEntry[]): Promise<void> {
    const abandoned = vm.ephemeral || vm.state === 'creating' || vm.state === 'deleting';
    if (abandoned) {
      this.logger.warn({ vm: vm.id, state: vm.state }, 'removing a VM that the last daemon left half done');
      return this.teardown.destroy(vm);
    }
    await this.remains.clear(vm, entries);
    if (vm.state === 'stopped' || vm.state === 'suspended' || vm.state === 'failed') {
      // Asking the ledger for each of 100 VMs takes longer than the rest of a start.
      if (!this.teardown.hasEnded(vm, entries)) await this.teardown.end(vm);
      return this.remains.attend(vm);
    }
    if (vm.state === 'starting') {
      await this.teardown.end(vm);
      await this.vms.transition(vm, 'stopped', { machine: null });
      return;
    }
    if (await this.adoption.adopt(vm)) {
      if (vm.state === 'stopping') await this.vms.transition(vm, 'running');
      return;
    }
    if (vm.state === 'stopping') await this.ends.recordStop(vm);
    else await this.ends.record(vm, NO_STATUS, { watched: false });
  }
}
