import { Injectable } from '@nestjs/common';
import { toBangerError } from '../../core/errors/index.js';
import { DaemonStoppingError } from '../../core/operations/index.js';
import type { OperationContext } from '../../core/operations/index.js';
import { ImageService } from '../../image/index.js';
import { DiskGrowth } from '../settings/disk-growth.js';
import { Resumption } from '../suspend/resumption.js';
import { VmRepository } from '../vm.repository.js';
import type { Vm } from '../vm.types.js';
import { BootService } from './boot.service.js';
import { VmPreflight } from './vm-preflight.js';

/** The steps that start a VM which has been created before, or resume it; shared by start and restart. */
@Injectable()
export class StartSteps {
  constructor(
    private readonly images: ImageService,
    private readonly boot: BootService,
    private readonly vms: VmRepository,
    private readonly preflight: VmPreflight,
    private readonly growth: DiskGrowth,
    private readonly resumption: Resumption,
  ) {}

  /**
   * Failed, the VM is `failed` with the reason; cancelled, it is stopped. One that is suspended goes on where it was, and
   * is suspended again when that did not come about. A start that somebody asked for ends the
   * series of automatic ones; one of those stays due until it has come to its end, so that the next daemon repeats it.
   */
  async run(vm: Vm, operation: OperationContext, { automatic = false } = {}): Promise<Vm> {
    const image = await this.images.require(vm.imageId);
    await this.preflight.checkStart(vm, operation.signal);
    const isSuspended = vm.state === 'suspended';
    if (!isSuspended) await this.growth.fit(vm);
    const series = automatic ? {} : { restarts: 0, restartAt: null };
    const starting = await this.vms.transition(vm, 'starting', { error: null, ...series });
    try {
      if (isSuspended) await this.resumption.run(starting, image, operation);
      else await this.boot.boot(starting, image, operation);
      return await this.vms.transition(vm, 'running', { restartAt: null });
    } catch (error) {
      // What fails after a cancellation fails because of it, whatever it says: the VM was not to start.
      const cause: unknown = operation.signal.aborted ? operation.signal.reason : error;
      operation.rollback.add('the state', async () => {
        await this.#recordFailure(vm, cause);
      });
      throw error;
    }
  }

  /** Runs before the machine's own undo; the state tells the truth as soon as the lock is given back. */
  async #recordFailure(vm: Vm, cause: unknown): Promise<void> {
    if (await this.resumption.takeBack(vm)) return;
    const error = toBangerError(cause, 'the start');
    const cancelled = error.kind === 'CANCELLED';
    const calledOff = cancelled && !(error instanceof DaemonStoppingError);
    const stored = { message: error.message, data: error.toData() };
    await this.vms.transition(vm, cancelled ? 'stopped' : 'failed', {
      machine: null,
      error: cancelled ? null : stored,
      ...(calledOff && { restarts: 0, restartAt: null }),
    });
  }
}
