import { Injectable } from '@nestjs/common';
import { toBangerError } from '../../core/errors/index.js';
import type { OperationContext } from '../../core/operations/index.js';
import { ImageService } from '../../image/index.js';
import { VmWrongStateError } from '../vm.errors.js';
import { VmRepository } from '../vm.repository.js';
import type { Vm } from '../vm.types.js';
import { BootService } from './boot.service.js';
import { VmChangeRunner } from './vm-change-runner.js';
import { VmPreflight } from './vm-preflight.js';

/** Starts a VM that has been created before; its disk, name, keys and machine id stay. */
@Injectable()
export class VmStartService {
  constructor(
    private readonly changes: VmChangeRunner,
    private readonly images: ImageService,
    private readonly boot: BootService,
    private readonly vms: VmRepository,
    private readonly preflight: VmPreflight,
  ) {}

  /** Running already is success. */
  async start(vm: Vm): Promise<Vm> {
    if (vm.state === 'running') return vm;
    return this.changes.run({ vm, kind: 'vm.start', action: 'start' }, (operation) =>
      this.#run(vm.id, operation),
    );
  }

  async #run(vmId: string, operation: OperationContext): Promise<Vm> {
    const vm = await this.vms.require(vmId);
    if (vm.state === 'running') return vm;
    if (vm.state !== 'stopped' && vm.state !== 'failed') {
      throw new VmWrongStateError(vm.name, vm.state, ['stopped', 'failed']);
    }
    const image = await this.images.require(vm.imageId);
    await this.preflight.checkStart(vm, operation.signal);
    const starting = await this.vms.transition(vm, 'starting', { error: null });
    try {
      await this.boot.boot(starting, image, operation);
      return await this.vms.transition(vm, 'running');
    } catch (error) {
      operation.rollback.add('the state', async () => {
        await this.#recordFailure(vm, error);
      });
      throw error;
    }
  }

  /** Runs before the machine's own undo; the state tells the truth as soon as the lock is given back. */
  async #recordFailure(vm: Vm, cause: unknown): Promise<void> {
    const error = toBangerError(cause, 'the start');
    const cancelled = error.kind === 'CANCELLED';
    const stored = { message: error.message, data: error.toData() };
    await this.vms.transition(vm, cancelled ? 'stopped' : 'failed', {
      machine: null,
      error: cancelled ? null : stored,
    });
  }
}
