import { Injectable } from '@nestjs/common';
import type { OperationView } from '../../contract/index.js';
import { OperationRunner } from '../../core/operations/index.js';
import type { OperationContext } from '../../core/operations/index.js';
import { VmLocks } from '../vm-locks.js';
import { assertLegal, isDone } from '../vm.methods.js';
import type { VmMethod } from '../vm.methods.js';
import { VmRepository } from '../vm.repository.js';
import type { Vm } from '../vm.types.js';

type Subject = Pick<Vm, 'id' | 'name'>;

interface VmChange {
  readonly vm: Subject;
  /** `vm.create` */
  readonly kind: string;
  /** what is under way, for those who find the VM busy: `creation` */
  readonly action: string;
}

interface VmMethodChange {
  readonly vm: Vm;
  readonly method: VmMethod;
  readonly action: string;
  /** legal also where the method needs force */
  readonly force?: boolean;
  /** what is to be done, under the lock, where the VM is already what the method would make of it */
  readonly whenDone?: (vm: Vm) => Promise<Vm>;
  /** actions under way that are cancelled for this one, which then waits until they are undone */
  readonly interrupts?: readonly string[] | 'all';
}

/** Runs a change of one VM as an operation under the VM's lock. */
@Injectable()
export class VmChangeRunner {
  constructor(
    private readonly operations: OperationRunner,
    private readonly locks: VmLocks,
    private readonly vms: VmRepository,
  ) {}

  /** @throws VmBusyError when another change of this VM is under way */
  async begin<T>(
    change: VmChange,
    body: (operation: OperationContext) => Promise<T>,
  ): Promise<{ view: OperationView; finished: Promise<T> }> {
    const release = await this.locks.take(change.vm.id, change.vm.name, change.action);
    return this.#begin(change, release, body);
  }

  async run<T>(change: VmChange, body: (operation: OperationContext) => Promise<T>): Promise<T> {
    const { finished } = await this.begin(change, body);
    return finished;
  }

  /**
   * A change that a method asks for. The state is checked under the lock: where there is nothing to do the VM is
   * returned as it is, where the method is not legal nothing is begun.
   * @throws VmBusyError, VmWrongStateError
   */
  async change(
    request: VmMethodChange,
    body: (vm: Vm, operation: OperationContext) => Promise<Vm>,
  ): Promise<Vm> {
    const { vm, method, action, whenDone } = request;
    if (isDone(method, vm) && this.#isAtRest(request)) return vm;
    const release = await this.#takeOrInterrupt(request);
    try {
      const current = await this.vms.require(vm.id);
      if (isDone(method, current)) return (await whenDone?.(current)) ?? current;
      assertLegal(method, current, request.force);
      const { finished } = await this.#begin({ vm, kind: method, action }, release, (operation) =>
        body(current, operation),
      );
      return await finished;
    } finally {
      release();
    }
  }

  /** A VM that is off, with a start of it about to begin, is not what somebody wants who stops it. */
  #isAtRest({ vm, action, whenDone }: VmMethodChange): boolean {
    const hold = this.locks.holder(vm.id);
    return (hold === undefined && whenDone === undefined) || hold?.action === action;
  }

  async #takeOrInterrupt({ vm, action, interrupts = [] }: VmMethodChange): Promise<() => void> {
    const hold = this.locks.holder(vm.id);
    if (hold === undefined || (interrupts !== 'all' && !interrupts.includes(hold.action)))
      return await this.locks.take(vm.id, vm.name, action);
    if (hold.operationId !== undefined && hold.action !== action)
      await this.operations.cancel(hold.operationId);
    return this.locks.wait(vm.id, action);
  }

  async #begin<T>(
    { vm, kind }: VmChange,
    release: () => void,
    body: (operation: OperationContext) => Promise<T>,
  ): Promise<{ view: OperationView; finished: Promise<T> }> {
    try {
      const started = await this.operations.begin({
        kind,
        subject: { type: 'vm', id: vm.id, name: vm.name },
        body: (operation) => this.locks.under(vm.id, () => body(operation)),
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
}
