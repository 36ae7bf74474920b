import { Injectable } from '@nestjs/common';
import type { Machine } from './hypervisor/hypervisor.js';
import { VmWrongStateError } from './vm.errors.js';
import type { Vm } from './vm.types.js';

/** The machines that this daemon has in hand, by VM id. */
@Injectable()
export class Machines {
  readonly #byVm = new Map<string, Machine>();

  get(vmId: string): Machine | undefined {
    return this.#byVm.get(vmId);
  }

  /** @throws VmWrongStateError when the VM does not run */
  require(vm: Vm): Machine {
    const machine = this.#byVm.get(vm.id);
    if (machine === undefined) throw new VmWrongStateError(vm.name, vm.state, ['running']);
    return machine;
  }

  /** by VM id */
  entries(): IterableIterator<[string, Machine]> {
    return this.#byVm.entries();
  }

  add(vmId: string, machine: Machine): void {
    this.#byVm.set(vmId, machine);
  }

  remove(vmId: string): void {
    this.#byVm.delete(vmId);
  }

  /** Daemon stop: lets go of all; the VMMs go on. */
  detachAll(): void {
    for (const machine of this.#byVm.values()) machine.detach();
    this.#byVm.clear();
  }
}
