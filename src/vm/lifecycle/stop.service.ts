import { Injectable } from '@nestjs/common';
import type { OperationContext } from '../../core/operations/index.js';
import type { Machine } from '../hypervisor/hypervisor.js';
import { Machines } from '../machines.js';
import { VmLocks } from '../vm-locks.js';
import { VmWrongStateError } from '../vm.errors.js';
import { VmRepository } from '../vm.repository.js';
import type { Vm } from '../vm.types.js';
import { MachineTeardown } from './machine-teardown.js';
import { VmChangeRunner } from './vm-change-runner.js';

export const DEFAULT_STOP_TIMEOUT_MS = 30_000;

/** Ends a VM's machine, gently or at once. The disk stays. */
@Injectable()
export class VmStopService {
  constructor(
    private readonly changes: VmChangeRunner,
    private readonly machines: Machines,
    private readonly teardown: MachineTeardown,
    private readonly locks: VmLocks,
    private readonly vms: VmRepository,
  ) {}

  /** Asks the guest, and kills it when it has not obeyed in time. Stopped already is success. */
  async stop(vm: Vm, timeoutMs: number = DEFAULT_STOP_TIMEOUT_MS): Promise<Vm> {
    if (isDown(vm)) return vm;
    return this.changes.run({ vm, kind: 'vm.stop', action: 'stop' }, (operation) =>
      this.#end(vm.id, operation, (machine) => this.#askToStop(machine, timeoutMs, operation)),
    );
  }

  /** Ends it like pulling the plug; also one that is about to stop and does not. Down already is success. */
  async kill(vm: Vm): Promise<Vm> {
    if (isDown(vm)) return vm;
    if (this.locks.holder(vm.id)?.action === 'stop') {
      // The stop under way sees the machine end, and does the rest.
      await this.machines.get(vm.id)?.kill();
      (await this.locks.wait(vm.id, 'kill'))();
      return this.vms.require(vm.id);
    }
    return this.changes.run({ vm, kind: 'vm.kill', action: 'kill' }, (operation) =>
      this.#end(vm.id, operation, async () => undefined),
    );
  }

  async #end(
    vmId: string,
    operation: OperationContext,
    before: (machine: Machine) => Promise<void>,
  ): Promise<Vm> {
    const vm = await this.vms.require(vmId);
    if (isDown(vm)) return vm;
    if (vm.state !== 'running') throw new VmWrongStateError(vm.name, vm.state, ['running']);
    const stopping = await this.vms.transition(vm, 'stopping');
    const machine = this.machines.get(vmId);
    if (machine !== undefined) await before(machine);
    await operation.step('machine.end', 'releasing what the machine held', () =>
      this.teardown.end(stopping, operation),
    );
    const stopped = await this.vms.transition(stopping, 'stopped', { machine: null, error: null });
    if (stopped.ephemeral) await this.teardown.destroy(stopped);
    return stopped;
  }

  async #askToStop(machine: Machine, timeoutMs: number, operation: OperationContext): Promise<void> {
    await operation.step('guest.shutdown', 'shutting the guest down', async (step) => {
      await machine.requestShutdown();
      if (await endsWithin(machine, timeoutMs, operation.signal)) return;
      step.detail('the guest did not obey in time');
      operation.warn(`the guest did not shut down within ${timeoutMs / 1000} s and was killed`);
    });
  }
}

function isDown(vm: Vm): boolean {
  return vm.state === 'stopped' || vm.state === 'failed';
}

/** Whether the machine ends in time. A cancelled stop no longer waits: it goes on to the kill. */
async function endsWithin(machine: Machine, timeoutMs: number, signal: AbortSignal): Promise<boolean> {
  const { promise: over, resolve } = Promise.withResolvers<false>();
  const give = (): void => resolve(false);
  const timer = setTimeout(give, timeoutMs);
  signal.addEventListener('abort', give, { once: true });
  try {
    return await Promise.race([machine.exited.then(() => true), over]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', give);
  }
}
