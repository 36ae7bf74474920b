import { Injectable } from '@nestjs/common';
import type { BookVm } from '../../core/database/index.js';
import { toBangerError } from '../../core/errors/index.js';
import type { OperationContext } from '../../core/operations/index.js';
import { VmLocks } from '../vm-locks.js';
import { VmRepository } from '../vm.repository.js';
import type { Vm } from '../vm.types.js';
import { VmHands } from './vm-hands.js';
import { VmInspector } from './vm-inspector.js';
import { VmMender } from './vm-mender.js';
import type { VmProblem } from './vm-problem.js';

/** Puts right what the inspector finds: what can be used is usable afterwards, the rest can be deleted. */
@Injectable()
export class VmRepair {
  constructor(
    private readonly inspector: VmInspector,
    private readonly hands: VmHands,
    private readonly locks: VmLocks,
    private readonly vms: VmRepository,
    private readonly mender: VmMender,
  ) {}

  /** Each thing done is a step; one that fails becomes a warning and stops none of the others. */
  async run(operation: OperationContext): Promise<void> {
    // side by side: a guest may take half a minute to shut down
    const vms = await this.vms.list();
    const sound = await Promise.all(
      vms.map((vm) => this.#held(vm, operation, () => this.#mend(vm, operation))),
    );
    // one after the other: each reads all tables of its disks
    for (const vm of vms.filter((_, at) => sound[at]))
      await this.#held(vm, operation, () => this.#checkDisk(vm, operation));
  }

  /** Under the VM's lock. @returns what the body does; undefined when somebody else is at work on it, or it fails */
  async #held<T>(
    { id, name }: Vm,
    operation: OperationContext,
    body: () => Promise<T>,
  ): Promise<T | undefined> {
    // whoever is at work on it leaves it in order
    if (this.hands.isBusy(id)) return undefined;
    const release = await this.locks.wait(id, 'repair');
    try {
      this.locks.attachOperation(id, operation.id);
      return await this.locks.under(id, body);
    } catch (error) {
      operation.signal.throwIfAborted();
      operation.warn(`VM ${name} could not be looked at: ${toBangerError(error, 'the look').message}`);
      return undefined;
    } finally {
      release();
    }
  }

  /**
   * Looks again until nothing new shows: a damaged disk can be seen to only when the machine that had it open is down.
   * @returns whether its disk can be used, as far as that shows
   */
  async #mend({ id }: Vm, operation: OperationContext): Promise<boolean> {
    const attempted = new Set<string>();
    for (;;) {
      const vm = await this.vms.find(id);
      if (vm === undefined) return false;
      const found = await this.inspector.inspect(toBook(vm), nobodyElse(this.hands));
      const next = found.filter(({ repairable, what }) => repairable && !attempted.has(what));
      if (next.length === 0) return found.every(({ kind }) => kind !== 'unusable');
      for (const problem of next) {
        attempted.add(problem.what);
        await this.#attempt(problem, operation);
      }
    }
  }

  async #checkDisk({ id }: Vm, operation: OperationContext): Promise<void> {
    const vm = await this.vms.find(id);
    const found = vm === undefined ? [] : await this.inspector.checkDisk(toBook(vm), operation.signal);
    for (const problem of found) await this.#attempt(problem, operation);
  }

  async #attempt(problem: VmProblem, operation: OperationContext): Promise<void> {
    const vm = await this.vms.find(problem.vmId);
    if (vm === undefined) return;
    try {
      await this.mender.mend(problem, vm, operation);
    } catch (error) {
      operation.signal.throwIfAborted();
      operation.warn(
        `${problem.what}: could not be put right: ${toBangerError(error, 'the repair').message}`,
      );
    }
  }
}

/** The lock is the repair's own: nobody else is at work. */
function nobodyElse(hands: VmHands): VmHands {
  return { has: (id) => hands.has(id), isBusy: () => false };
}

function toBook(vm: Vm): BookVm {
  return {
    id: vm.id,
    name: vm.name,
    state: vm.state,
    imageId: vm.imageId,
    diskBackend: vm.diskBackend,
    hasWorkDisk: vm.workDiskMib !== undefined,
    uid: vm.uid,
    hostKeyPublic: vm.hostKeyPublic,
    machine: vm.machine,
    errorKind: vm.error?.data.kind,
  };
}
