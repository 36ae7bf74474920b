import { Injectable } from '@nestjs/common';
import { VmRepository } from '../vm.repository.js';
import type { MachineShape, Vm } from '../vm.types.js';

/** Keeps written down what running machines have. */
@Injectable()
export class MachineShapes {
  constructor(private readonly vms: VmRepository) {}

  /** Under the VM's lock. Nothing is written for a machine that is gone. */
  async change(vmId: string, changes: Partial<MachineShape>): Promise<Vm> {
    const vm = await this.vms.require(vmId);
    const shape = vm.machine?.shape;
    if (vm.machine === undefined || shape === undefined) return vm;
    return this.vms.update(vmId, { machine: { ...vm.machine, shape: { ...shape, ...changes } } });
  }
}
