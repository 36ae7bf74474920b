import { Inject, Injectable } from '@nestjs/common';
import { LOGGER } from '../../core/logging/index.js';
import type { Logger } from '../../core/logging/index.js';
import { Ledger } from '../../core/operations/index.js';
import { OrphanedOwners } from '../records/orphaned-owners.js';
import { TemplateStore } from '../templates/template-store.js';
import { VmRepository } from '../vm.repository.js';
import { VmReconciler } from './reconcile.service.js';

export interface VmBrief {
  readonly name: string;
  readonly state: string;
  readonly why: string | undefined;
}

/** What becomes of the VMs after a daemon's end, whatever ended it. Runs before the first request is answered. */
@Injectable()
export class VmsAtStart {
  constructor(
    private readonly vms: VmRepository,
    private readonly reconciler: VmReconciler,
    private readonly ledger: Ledger,
    private readonly orphans: OrphanedOwners,
    private readonly templates: TemplateStore,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  async run(): Promise<void> {
    const vms = await this.vms.list();
    const entries = await this.ledger.list();
    await Promise.all(vms.map((vm) => this.reconciler.reconcile(vm, entries)));
    for (const id of await this.orphans.find()) {
      this.logger.warn({ vm: id }, 'releasing what belonged to a VM that is no more');
      // what could not be released is logged by the ledger, and tried again at the next start
      await this.ledger.releaseOwner({ type: 'vm', id }).catch(() => undefined);
    }
  }

  /** After the images: a template of one that is no more goes. */
  async settleTemplates(): Promise<void> {
    await this.templates.reconcile();
  }

  /** How each VM stands in the books, by its id. */
  async states(): Promise<ReadonlyMap<string, VmBrief>> {
    const vms = await this.vms.list();
    return new Map(vms.map((vm) => [vm.id, { name: vm.name, state: vm.state, why: vm.error?.message }]));
  }
}
