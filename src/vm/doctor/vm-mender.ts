import { Injectable } from '@nestjs/common';
import type { OperationContext } from '../../core/operations/index.js';
import { VmReconciler } from '../lifecycle/reconcile.service.js';
import { DEFAULT_STOP_TIMEOUT_MS } from '../lifecycle/stop.service.js';
import { StopSteps } from '../lifecycle/stop-steps.js';
import type { Vm } from '../vm.types.js';
import { VmFileRepair } from './vm-file-repair.js';
import type { VmProblem } from './vm-problem.js';
import { VmRescue } from './vm-rescue.js';

/** What is done about each problem, under the VM's lock. */
@Injectable()
export class VmMender {
  constructor(
    private readonly reconciler: VmReconciler,
    private readonly stopping: StopSteps,
    private readonly rescue: VmRescue,
    private readonly files: VmFileRepair,
  ) {}

  /** A step whose detail says what was done. */
  async mend(problem: VmProblem, vm: Vm, operation: OperationContext): Promise<void> {
    const step = (did: string, body: () => Promise<unknown>): Promise<void> =>
      operation.step(`vm.${problem.kind}`, problem.what, async (recorder) => {
        const told = await body();
        recorder.detail(typeof told === 'string' ? told : did);
      });
    const again = `start it again: banger vm start ${vm.name}`;
    switch (problem.kind) {
      case 'machine-gone':
        return step(`marked as failed; ${again}`, () => this.reconciler.settle(vm));
      case 'stuck':
        return step('undone', () => this.reconciler.settle(vm));
      case 'not-in-hand':
        return step('', () => this.rescue.run(vm, operation.signal));
      case 'sockets-gone':
        await this.stopping.run(vm, DEFAULT_STOP_TIMEOUT_MS, named(operation, vm.name));
        return step(`shut down; ${again}`, () => Promise.resolve());
      case 'unusable':
        return step('marked as failed; it can be deleted', () => this.files.condemn(vm, problem.what));
      case 'disk-owner':
        return step('given back to it', () => this.files.giveDisk(vm));
      case 'disk-leaks':
        return step('freed', () => this.files.freeLeaks(vm));
      case 'host-key':
        return step('', () => this.files.restoreHostKey(vm));
      case 'known-hosts':
        return step('written anew', () => this.files.writeKnownHosts(vm));
      case 'directory-mode':
        return step('set', () => this.files.openDirectory(vm));
    }
  }
}

/** The steps of one of several VMs say whose they are. */
function named(operation: OperationContext, name: string): OperationContext {
  return {
    id: operation.id,
    signal: operation.signal,
    rollback: operation.rollback,
    step: (step, title, body) => operation.step(step, `VM ${name}: ${title}`, body),
    warn: (message) => operation.warn(`VM ${name}: ${message}`),
    output: (line) => operation.output(line),
  };
}
