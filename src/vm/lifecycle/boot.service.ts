import { Injectable } from '@nestjs/common';
import type { OperationContext } from '../../core/operations/index.js';
import type { BootableImage } from '../../image/index.js';
import type { Vm } from '../vm.types.js';
import { GuestReadiness } from './guest-readiness.js';
import { LaunchService } from './launch.service.js';
import { MachineTeardown } from './machine-teardown.js';
import { MachineWatcher } from './machine-watcher.js';

/** From a prepared disk to a guest that answers; shared by create and start. */
@Injectable()
export class BootService {
  constructor(
    private readonly launcher: LaunchService,
    private readonly readiness: GuestReadiness,
    private readonly teardown: MachineTeardown,
    private readonly watcher: MachineWatcher,
  ) {}

  /** Undone by the operation's rollback. Returns the VM with its accelerator and port. */
  async boot(vm: Vm, image: BootableImage, operation: OperationContext): Promise<Vm> {
    operation.rollback.add('the machine', () => this.teardown.end(vm));
    const launched = await operation.step('machine.launch', 'starting the machine', () =>
      this.launcher.launch(vm, image, operation.signal),
    );
    await this.readiness.wait(launched.vm, launched.machine, operation);
    this.watcher.watch(launched.vm, launched.machine);
    return launched.vm;
  }
}
