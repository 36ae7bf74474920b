import { Injectable } from '@nestjs/common';
import type { VmEndView } from '../../contract/index.js';
import { Machines } from '../machines.js';
import { VmLocks } from '../vm-locks.js';
import { VmRepository } from '../vm.repository.js';
import type { Vm } from '../vm.types.js';
import { WORKSPACE_ACTIONS } from './workspace-actions.js';
import { MachineTeardown } from './machine-teardown.js';
import { StopSteps } from './stop-steps.js';
import { VmChangeRunner } from './vm-change-runner.js';

export const DEFAULT_STOP_TIMEOUT_MS = 30_000;

/** What waits for a guest, which may hang: whoever kills the VM does not wait for it. */
const KILL_INTERRUPTS = ['start', 'restart', ...WORKSPACE_ACTIONS];

/** Ends a VM's machine, gently or at once. The disk stays. */
@Injectable()
export class VmStopService {
  constructor(
    private readonly changes: VmChangeRunner,
    private readonly steps: StopSteps,
    private readonly machines: Machines,
    private readonly teardown: MachineTeardown,
    private readonly locks: VmLocks,
    private readonly vms: VmRepository,
  ) {}

  /** Asks the guest, and kills it when it has not obeyed in time. Stopped already is success. */
  async stop(vm: Vm, timeoutMs: number = DEFAULT_STOP_TIMEOUT_MS): Promise<Vm> {
    return this.#end(vm, 'vm.stop', timeoutMs);
  }

  /** A stop that the daemon decided on; the VM tells why. Gone already is success. */
  async stopBecause(id: string, cause: VmEndView['cause'], reason: string): Promise<void> {
    const vm = await this.vms.find(id);
    const lastEnd = { at: new Date().toISOString(), cause, reason };
    if (vm !== undefined) await this.#end(vm, 'vm.stop', DEFAULT_STOP_TIMEOUT_MS, lastEnd);
  }

  /** Ends it like pulling the plug; also one that is about to start, or to stop and does not. Down already is success. */
  async kill(vm: Vm): Promise<Vm> {
    if (this.locks.holder(vm.id)?.action === 'stop') {
      // The stop under way sees the machine end, and does the rest.
      await this.machines.get(vm.id)?.kill();
      (await this.locks.wait(vm.id, 'kill'))();
      return this.vms.require(vm.id);
    }
    return this.#end(vm, 'vm.kill', undefined);
  }

  /** A VM that waits to be started again is down already; who stops it wants it to stay so. */
  async #callOffRestart(vm: Vm): Promise<Vm> {
    if (vm.restartAt === undefined) return vm;
    return await this.vms.update(vm.id, { restarts: 0, restartAt: null });
  }

  async #end(
    vm: Vm,
    method: 'vm.stop' | 'vm.kill',
    timeoutMs: number | undefined,
    lastEnd: VmEndView | null = null,
  ): Promise<Vm> {
    const change =
      method === 'vm.kill'
        ? { vm, method, action: 'kill', interrupts: KILL_INTERRUPTS }
        : { vm, method, action: 'stop' };
    // a stop that the daemon decided on is none of the user's
    const whenDone = lastEnd === null ? (current: Vm) => this.#callOffRestart(current) : undefined;
    return this.changes.change(
      { ...change, ...(whenDone !== undefined && { whenDone }) },
      async (current, operation) => {
        if (lastEnd !== null) operation.warn(`stopped because it was ${lastEnd.reason}`);
        const stopped = await this.steps.run(current, timeoutMs, operation, lastEnd);
        if (stopped.ephemeral) await this.teardown.destroy(stopped);
        return stopped;
      },
    );
  }
}
