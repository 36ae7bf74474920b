import { Injectable } from '@nestjs/common';
import type { OperationView } from '../../contract/index.js';
import { OperationRunner } from '../../core/operations/index.js';
import type { OperationContext } from '../../core/operations/index.js';
import { VmLocks } from '../vm-locks.js';
import type { Vm } from '../vm.types.js';

/** Runs a change of one VM as an operation under the VM's lock. */
@Injectable()
export class VmChangeRunner {
  constructor(
    private readonly operations: OperationRunner,
    private readonly locks: VmLocks,
  ) {}

  /** @throws VmBusyError when another change of this VM is under way */
  async begin<T>(
    change: { vm: Pick<Vm, 'id' | 'name'>; kind: string; action: string },
    body: (operation: OperationContext) => Promise<T>,
  ): Promise<{ view: OperationView; finished: Promise<T> }> {
    const release = this.locks.take(change.vm.id, change.vm.name, change.action);
    try {
      const { vm, kind } = change;
      const started = await this.operations.begin({
        kind,
        subject: { type: 'vm', id: vm.id, name: vm.name },
        body,
      });
      this.locks.attachOperation(vm.id, started.view.id);
      const finished = started.finished.finally(release);
      // The operation's row keeps the failure; whoever does not wait for it must not crash the daemon.
      finished.catch(() => undefined);
      return { view: started.view, finished };
    } catch (error) {
      release();
      throw error;
    }
  }

  async run<T>(
    change: { vm: Pick<Vm, 'id' | 'name'>; kind: string; action: string },
    body: (operation: OperationContext) => Promise<T>,
  ): Promise<T> {
    const { finished } = await this.begin(change, body);
    return finished;
  }
}
