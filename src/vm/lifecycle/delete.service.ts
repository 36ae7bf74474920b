import { Injectable } from '@nestjs/common';
import { ImageService } from '../../image/index.js';
import { isKind } from '../../core/errors/index.js';
import { OperationRunner } from '../../core/operations/index.js';
import { VmLocks } from '../vm-locks.js';
import { VmRepository } from '../vm.repository.js';
import type { Vm } from '../vm.types.js';
import { MachineTeardown } from './machine-teardown.js';
import { VmChangeRunner } from './vm-change-runner.js';

/** Why the daemon deletes a VM that no user has deleted. */
export interface DeletionReason {
  readonly reason: string;
  readonly stillHolds: (vm: Vm) => boolean;
  /** whether what else is under way on the VM is cancelled for it */
  readonly interrupts: boolean;
}

/** Removes VMs, with everything that belongs to them. */
@Injectable()
export class VmDeleteService {
  constructor(
    private readonly changes: VmChangeRunner,
    private readonly teardown: MachineTeardown,
    private readonly images: ImageService,
    private readonly operations: OperationRunner,
    private readonly locks: VmLocks,
    private readonly vms: VmRepository,
  ) {}

  /**
   * By force also one that runs; whatever else is under way on it is cancelled first. One whose deletion failed before
   * is deleted as far as that had not come.
   * @param because kept with the operation; checked once more when nothing else can change the VM
   * @throws VmWrongStateError when it runs and `force` is not set
   */
  async delete(vm: Vm, force: boolean, because?: DeletionReason): Promise<Vm> {
    const change = { vm, method: 'vm.delete', action: 'deletion', force } as const;
    try {
      return await this.changes.change(
        { ...change, ...(force && because?.interrupts !== false && { interrupts: 'all' }) },
        async (current, operation) => {
          if (because !== undefined) {
            if (!because.stillHolds(current)) return current;
            operation.warn(because.reason);
          }
          await operation.step('vm.remove', 'removing the VM', () => this.#remove(current));
          return current;
        },
      );
    } catch (error) {
      // The creation that it was cancelled for has removed it, or the deletion that was under way already.
      if (force && isKind(error, 'VM_NOT_FOUND')) return vm;
      throw error;
    }
  }

  /** The connection that an ephemeral VM lived for is gone: whatever it is doing, it ends. */
  async deleteAbandoned(vmId: string): Promise<void> {
    const hold = this.locks.holder(vmId);
    if (hold?.action === 'creation' && hold.operationId !== undefined)
      await this.operations.cancel(hold.operationId);
    const release = await this.locks.wait(vmId, 'deletion');
    try {
      const vm = await this.vms.find(vmId);
      if (vm !== undefined) await this.locks.under(vmId, () => this.#remove(vm));
    } finally {
      release();
    }
  }

  async #remove(vm: Vm): Promise<void> {
    await this.vms.transition(vm, 'deleting');
    await this.teardown.destroy(vm);
    await this.images.collectSuperseded();
  }
}
