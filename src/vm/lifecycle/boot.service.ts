import { Injectable } from '@nestjs/common';
import { CapabilityRegistry } from '../../capabilities/index.js';
import type { OperationContext } from '../../core/operations/index.js';
import type { BootableImage } from '../../image/index.js';
import type { RestorePoint } from '../saving/restore-point.js';
import { VmRepository } from '../vm.repository.js';
import type { Vm } from '../vm.types.js';
import { GuestReadiness } from './guest-readiness.js';
import { LaunchService } from './launch.service.js';
import { MachineTeardown } from './machine-teardown.js';
import { MachineWatcher } from './machine-watcher.js';

/** From prepared disks to a guest that answers; shared by create and start. */
@Injectable()
export class BootService {
  constructor(
    private readonly launcher: LaunchService,
    private readonly readiness: GuestReadiness,
    private readonly teardown: MachineTeardown,
    private readonly watcher: MachineWatcher,
    private readonly capabilities: CapabilityRegistry,
    private readonly vms: VmRepository,
  ) {}

  /**
   * Undone by the operation's rollback. Returns the VM with its accelerator and port.
   * @param from what its machine goes on from, instead of booting; the disks are as they were then
   */
  async boot(vm: Vm, image: BootableImage, operation: OperationContext, from?: RestorePoint): Promise<Vm> {
    operation.rollback.add('the machine', () => this.teardown.end(vm));
    await this.capabilities.prepare(vm, operation, (id) => this.vms.nameOf(id));
    const launched = await operation.step('machine.launch', 'starting the machine', () =>
      this.launcher.launch(vm, image, { from, signal: operation.signal }),
    );
    await from?.onUse?.();
    await this.readiness.wait(launched, operation, from);
    const { agent } = launched.machine;
    await this.capabilities.ready(launched.vm, agent, operation);
    if (from?.copyOf !== undefined)
      await this.capabilities.forked(launched.vm, { parent: from.copyOf, guest: agent }, operation);
    this.watcher.watch(launched.vm, launched.machine);
    return launched.vm;
  }
}
