import { Injectable } from '@nestjs/common';
import { ImageService } from '../../image/index.js';
import { OperationRunner } from '../../core/operations/index.js';
import type { OperationContext } from '../../core/operations/index.js';
import { VmLocks } from '../vm-locks.js';
import { VmWrongStateError } from '../vm.errors.js';
import { VmRepository } from '../vm.repository.js';
import type { Vm } from '../vm.types.js';
import { MachineTeardown } from './machine-teardown.js';
import { VmChangeRunner } from './vm-change-runner.js';

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

  /** @throws VmWrongStateError when it runs and `force` is not set */
  async delete(vm: Vm, force: boolean): Promise<Vm> {
    return this.changes.run({ vm, kind: 'vm.delete', action: 'deletion' }, (operation) =>
      this.#run(vm.id, force, operation),
    );
  }

  /** The connection that an ephemeral VM lived for is gone: whatever it is doing, it ends. */
  async deleteAbandoned(vmId: string): Promise<void> {
    const hold = this.locks.holder(vmId);
    if (hold?.action === 'creation' && hold.operationId !== undefined)
      await this.operations.cancel(hold.operationId);
    const release = await this.locks.wait(vmId, 'deletion');
    try {
      const vm = await this.vms.find(vmId);
      if (vm !== undefined) await this.#remove(vm);
    } finally {
      release();
    }
  }

  async #run(vmId: string, force: boolean, operation: OperationContext): Promise<Vm> {
    const vm = await this.vms.require(vmId);
    if (vm.state === 'running' && !force)
      throw new VmWrongStateError(vm.name, vm.state, ['stopped', 'failed']);
    await operation.step('vm.remove', 'removing the VM', () => this.#remove(vm));
    return vm;
  }

  async #remove(vm: Vm): Promise<void> {
    await this.vms.transition(vm, 'deleting');
    await this.teardown.destroy(vm);
    await this.images.collectSuperseded();
  }
}
