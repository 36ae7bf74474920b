import { Injectable } from '@nestjs/common';
import { VmReconciler } from '../lifecycle/reconcile.service.js';
import { Machines } from '../machines.js';
import { PolicyRepository } from '../policies/policy.repository.js';
import { VmLocks } from '../vm-locks.js';

/**
 * VMs whose state nobody works on: running by their record without a machine in hand, or half-way in a change that has
 * ended, its undo having failed. What the start of a daemon does with them is done without one.
 */
@Injectable()
export class StrayVms {
  /** those that looked stray in the round before: one look may fall between two writes of a change */
  #suspects: ReadonlySet<string> = new Set();

  constructor(
    private readonly rows: PolicyRepository,
    private readonly machines: Machines,
    private readonly locks: VmLocks,
    private readonly reconciler: VmReconciler,
  ) {}

  async repair(): Promise<void> {
    const strays = (await this.rows.active())
      .filter(({ id, state }) => this.#isUnattended(id) && !(state === 'running' && this.#hasMachine(id)))
      .map(({ id }) => id);
    const again = strays.filter((id) => this.#suspects.has(id));
    this.#suspects = new Set(strays);
    for (const id of again) await this.#repair(id);
  }

  async #repair(id: string): Promise<void> {
    if (!this.#isUnattended(id)) return;
    const release = await this.locks.wait(id, 'repair');
    try {
      await this.locks.under(id, () => this.reconciler.reconcileOne(id, this.#hasMachine(id)));
    } finally {
      release();
    }
  }

  #isUnattended(id: string): boolean {
    return this.locks.holder(id) === undefined;
  }

  #hasMachine(id: string): boolean {
    return this.machines.get(id) !== undefined;
  }
}
