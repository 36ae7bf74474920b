import { Inject, Injectable } from '@nestjs/common';
import { toBangerError } from '../../core/errors/index.js';
import { LOGGER } from '../../core/logging/index.js';
import type { Logger } from '../../core/logging/index.js';
import type { Machine } from '../hypervisor/hypervisor.js';
import { Machines } from '../machines.js';
import { VmLocks } from '../vm-locks.js';
import type { MachineShape, Vm } from '../vm.types.js';
import { DiskGrowth } from './disk-growth.js';
import { setHostName, settleMemory } from './guest-settings.js';
import { liveMemory } from './machine-shape.js';
import { MachineShapes } from './machine-shapes.js';

/** Finishes, in a machine that was taken up, the change of settings that the last daemon did not come to the end of. */
@Injectable()
export class SettingsReconciler {
  constructor(
    private readonly growth: DiskGrowth,
    private readonly shapes: MachineShapes,
    private readonly machines: Machines,
    private readonly locks: VmLocks,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Returns at once: the guest, which may be hung, is not waited for. What it does not do waits for its next start. */
  begin(vm: Vm, machine: Machine): void {
    const shape = vm.machine?.shape;
    if (shape === undefined) return;
    const memoryMib = liveMemory(vm, shape);
    const finish = this.#finisher(vm, machine);
    if (memoryMib !== shape.memoryMib)
      finish(async () => ({ memoryMib: await settleMemory(machine, memoryMib) }));
    for (const disk of this.growth.behind(vm, shape))
      finish(async () => {
        await this.growth.growLive(vm, disk, machine);
        return { [disk]: vm[disk] };
      });
    if (vm.name !== shape.hostName)
      finish(async () => {
        await setHostName({ vm: vm.name, agent: machine.agent }, vm.name);
        return { hostName: vm.name };
      });
  }

  #finisher(vm: Vm, machine: Machine): (body: () => Promise<Partial<MachineShape>>) => void {
    return (body) => {
      body()
        .then((changes) => this.#record(vm, machine, changes))
        .catch((error: unknown) => {
          this.logger.warn(
            { vm: vm.id, err: toBangerError(error) },
            'a change of a running VM could not be finished; it has it from its next start',
          );
        });
    };
  }

  async #record(vm: Vm, machine: Machine, changes: Partial<MachineShape>): Promise<void> {
    const release = await this.locks.note(vm.id, 'recording its settings');
    try {
      if (this.machines.get(vm.id) === machine) await this.shapes.change(vm.id, changes);
    } finally {
      release();
    }
  }
}
