import { Injectable } from '@nestjs/common';
import type { VmEndView } from '../../contract/index.js';
import { toBangerError } from '../../core/errors/index.js';
import type { OperationContext } from '../../core/operations/index.js';
import type { Machine } from '../hypervisor/hypervisor.js';
import { Machines } from '../machines.js';
import { SuspendedVms } from '../suspend/suspended-vms.js';
import { VmRepository } from '../vm.repository.js';
import type { Vm } from '../vm.types.js';
import { MachineTeardown } from './machine-teardown.js';

/** A VM that was asked to go down stays down, whatever its restart policy. */
const DOWN = { machine: null, error: null, restarts: 0, restartAt: null } as const;

/** The steps that end a VM's machine; shared by stop, kill and restart. */
@Injectable()
export class StopSteps {
  constructor(
    private readonly machines: Machines,
    private readonly teardown: MachineTeardown,
    private readonly suspended: SuspendedVms,
    private readonly vms: VmRepository,
  ) {}

  /**
   * Asks the guest first when there is a time limit; without one, or when it is over, the machine is killed.
   * Cancelled, the VM is what it was; a guest that goes down all the same is recorded as one that powered itself off.
   * @param timeoutMs undefined: at once
   * @param lastEnd why, when no user has asked for it
   */
  async run(
    vm: Vm,
    timeoutMs: number | undefined,
    operation: OperationContext,
    lastEnd: VmEndView | null = null,
  ): Promise<Vm> {
    const machine = this.machines.get(vm.id);
    const stopping = await this.vms.transition(vm, 'stopping');
    let stopped: Vm | undefined;
    operation.rollback.add('the state', async () => {
      if (stopped === undefined) await this.#settle(stopping, machine);
    });
    if (machine !== undefined && timeoutMs !== undefined) await askToStop(machine, timeoutMs, operation);
    await operation.step('machine.end', 'releasing what the machine held', async () => {
      await this.teardown.end(stopping, operation);
      await this.suspended.forget(stopping);
    });
    stopped = await this.vms.transition(stopping, 'stopped', { ...DOWN, lastEnd });
    return stopped;
  }

  /** Half-way is no place to stay: a machine that lives runs on, whatever is left of a dead one is released. */
  async #settle(vm: Vm, machine: Machine | undefined): Promise<void> {
    if (machine !== undefined && this.machines.get(vm.id) === machine && !(await hasEnded(machine))) {
      await this.vms.transition(vm, 'running');
      return;
    }
    await this.teardown.end(vm);
    await this.suspended.forget(vm);
    await this.vms.transition(vm, 'stopped', DOWN);
  }
}

/** A VMM that does not answer either, because it hangs or was halted by a signal, is not waited for any longer. */
async function askToStop(machine: Machine, timeoutMs: number, operation: OperationContext): Promise<void> {
  await operation.step('guest.shutdown', 'shutting the guest down', async (step) => {
    const outcome = await endOf(machine, timeoutMs, operation.signal);
    operation.signal.throwIfAborted();
    if (outcome === 'ended') return;
    step.detail(outcome === 'late' ? 'the guest did not obey in time' : outcome.message);
    operation.warn(
      outcome === 'late'
        ? `the guest did not shut down within ${timeoutMs / 1000} s and was killed`
        : `the guest could not be asked to shut down and was killed: ${outcome.message}`,
    );
  });
}

type Outcome = 'ended' | 'late' | Error;

/** How asking came out: the machine ended, it did not in time (or the wait was cancelled), it could not be asked. */
async function endOf(machine: Machine, timeoutMs: number, signal: AbortSignal): Promise<Outcome> {
  const { promise, resolve } = Promise.withResolvers<Outcome>();
  const give = (): void => resolve('late');
  const timer = setTimeout(give, timeoutMs);
  signal.addEventListener('abort', give, { once: true });
  if (signal.aborted) give();
  void machine.exited.then(() => resolve('ended'));
  machine.requestShutdown().catch((error: unknown) => resolve(toBangerError(error, 'the shutdown')));
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', give);
  }
}

/** `exited` is a promise alone: whether it has settled shows in a race that it wins as it is; a `then` of it would be late. */
async function hasEnded(machine: Machine): Promise<boolean> {
  return (await Promise.race([machine.exited, Promise.resolve(undefined)])) !== undefined;
}
