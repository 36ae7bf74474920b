import { Injectable } from '@nestjs/common';
import { toBangerError } from '../../core/errors/index.js';
import type { OperationContext } from '../../core/operations/index.js';
import { ImageService } from '../../image/index.js';
import { VmRepository } from '../vm.repository.js';
import type { Vm } from '../vm.types.js';
import { BootService } from './boot.service.js';
import { VmPreflight } from './vm-preflight.js';

/** The steps that start a VM which has been created before; shared by start and restart. */
@Injectable()
export class StartSteps {
  constructor(
    private readonly images: ImageService,
    private readonly boot: BootService,
    private readonly vms: VmRepository,
    private readonly preflight: VmPreflight,
  ) {}

  /** Failed, the VM is `failed` with the reason; cancelled, it is stopped. */
  async run(vm: Vm, operation: OperationContext): Promise<Vm> {
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
