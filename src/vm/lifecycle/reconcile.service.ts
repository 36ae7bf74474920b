import { Inject, Injectable } from '@nestjs/common';
import { toBangerError } from '../../core/errors/index.js';
import { LOGGER } from '../../core/logging/index.js';
import type { Logger } from '../../core/logging/index.js';
import { Ledger } from '../../core/operations/index.js';
import type { LedgerEntry } from '../../core/operations/index.js';
import { OrphanedOwners } from '../records/orphaned-owners.js';
import { VmRepository } from '../vm.repository.js';
import type { Vm } from '../vm.types.js';
import { MachineAdoption } from './machine-adoption.js';
import { MachineEnds } from './machine-ends.js';
import { MachineTeardown } from './machine-teardown.js';

export interface VmBrief {
  readonly name: string;
  readonly state: string;
  readonly why: string | undefined;
}

const NO_STATUS = { exitCode: null, signal: null } as const;

/**
 * Makes the VMs in the database, the ledger and the machine agree again after a daemon's end, whatever ended it:
 * takes up what still runs, undoes what was half done. Runs before the first request is answered.
 */
@Injectable()
export class VmReconciler {
  constructor(
    private readonly vms: VmRepository,
    private readonly adoption: MachineAdoption,
    private readonly teardown: MachineTeardown,
    private readonly ends: MachineEnds,
    private readonly ledger: Ledger,
    private readonly orphans: OrphanedOwners,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  async run(): Promise<void> {
    const vms = await this.vms.list();
    const entries = await this.ledger.list();
    await Promise.all(vms.map((vm) => this.#reconcileSafely(vm, entries)));
    for (const id of await this.orphans.find()) {
      this.logger.warn({ vm: id }, 'releasing what belonged to a VM that is no more');
      // what could not be released is logged by the ledger, and tried again at the next start
      await this.ledger.releaseOwner({ type: 'vm', id }).catch(() => undefined);
    }
  }

  /** The same for one VM while the daemon runs. Under the VM's lock. @param hasMachine whether its machine is in hand */
  async reconcileOne(id: string, hasMachine: boolean): Promise<void> {
    const vm = await this.vms.find(id);
    if (vm === undefined || (vm.state === 'running' && hasMachine)) return;
    this.logger.warn({ vm: id, state: vm.state }, 'nobody attends to a VM; making its record true');
    await this.#reconcileSafely(vm, await this.ledger.list({ owner: { type: 'vm', id } }));
  }

  /** How each VM stands in the books, by its id. */
  async states(): Promise<ReadonlyMap<string, VmBrief>> {
    const vms = await this.vms.list();
    return new Map(vms.map((vm) => [vm.id, { name: vm.name, state: vm.state, why: vm.error?.message }]));
  }

  /** The same for one VM that nobody is at work on, under its lock. */
  async settle(vm: Vm): Promise<void> {
    await this.#reconcile(vm, await this.ledger.list({ owner: { type: 'vm', id: vm.id } }));
  }

  /** One VM that cannot be reconciled must not keep the daemon from serving the others. */
  async #reconcileSafely(vm: Vm, entries: readonly LedgerEntry[]): Promise<void> {
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
    if (vm.state === 'stopped' || vm.state === 'failed') {
      // Asking the ledger for each of 100 VMs takes longer than the rest of a start.
      return this.teardown.hasEnded(vm, entries) ? undefined : this.teardown.end(vm);
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
