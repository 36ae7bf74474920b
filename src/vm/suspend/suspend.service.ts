import { Injectable } from '@nestjs/common';
import type { VmEndView } from '../../contract/index.js';
import type { OperationContext } from '../../core/operations/index.js';
import { MachineTeardown } from '../lifecycle/machine-teardown.js';
import { VmChangeRunner } from '../lifecycle/vm-change-runner.js';
import { endOf } from '../machine-end.js';
import { Machines } from '../machines.js';
import { VmCapture } from '../snapshots/vm-capture.js';
import { VmRepository } from '../vm.repository.js';
import type { Vm } from '../vm.types.js';
import { SuspendedVms } from './suspended-vms.js';

/** Puts what a VM has in memory on the disk, and gives the memory back to the host. */
@Injectable()
export class VmSuspendService {
  constructor(
    private readonly changes: VmChangeRunner,
    private readonly capture: VmCapture,
    private readonly suspended: SuspendedVms,
    private readonly machines: Machines,
    private readonly teardown: MachineTeardown,
    private readonly vms: VmRepository,
  ) {}

  /** Suspended already is success. */
  async suspend(vm: Vm): Promise<Vm> {
    return this.#suspend(vm, null);
  }

  /** One that the daemon decided on; the VM tells why. Gone already is success. */
  async suspendBecause(id: string, cause: VmEndView['cause'], reason: string): Promise<void> {
    const vm = await this.vms.find(id);
    if (vm !== undefined) await this.#suspend(vm, { at: new Date().toISOString(), cause, reason });
  }

  #suspend(vm: Vm, lastEnd: VmEndView | null): Promise<Vm> {
    return this.changes.change(
      { vm, method: 'vm.suspend', action: 'suspend' },
      async (current, operation) => {
        if (lastEnd !== null) operation.warn(`suspended because it was ${lastEnd.reason}`);
        return this.#run(current, operation, lastEnd);
      },
    );
  }

  /** The row decides: until it says so the machine goes on, whatever has been written by then. */
  async #run(vm: Vm, operation: OperationContext, lastEnd: VmEndView | null): Promise<Vm> {
    const machine = this.machines.require(vm);
    let isDone = false;
    operation.rollback.add('the saved memory', async () => {
      if (isDone) return;
      await this.suspended.forget(vm);
      await machine.resume().catch(async (error: unknown) => {
        if ((await endOf(machine)) === undefined) throw error;
      });
    });
    await operation.step('memory.save', 'saving its memory', async () => {
      await this.capture.putAway(vm, await this.suspended.makeRoom(vm), operation.signal);
      await this.suspended.keep(vm);
    });
    operation.signal.throwIfAborted();
    const asleep = await this.vms.transition(vm, 'suspended', { machine: null, error: null, lastEnd });
    isDone = true;
    await operation.step('machine.end', 'releasing what the machine held', () =>
      this.teardown.end(asleep, operation),
    );
    await this.suspended.attend(asleep);
    return asleep;
  }
}
