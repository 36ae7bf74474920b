import { beforeEach, describe, expect, it } from 'vitest';
import type { VmState } from '../../../src/contract/index.js';
import type { Database } from '../../../src/core/database/index.js';
import type { OperationRunner } from '../../../src/core/operations/index.js';
import type { Machine, MachineExit } from '../../../src/vm/hypervisor/hypervisor.js';
import type { MachineTeardown } from '../../../src/vm/lifecycle/machine-teardown.js';
import { StopSteps } from '../../../src/vm/lifecycle/stop-steps.js';
import { VmStopService } from '../../../src/vm/lifecycle/stop.service.js';
import { VmChangeRunner } from '../../../src/vm/lifecycle/vm-change-runner.js';
import { Machines } from '../../../src/vm/machines.js';
import type { SuspendedVms } from '../../../src/vm/suspend/suspended-vms.js';
import { VmLocks } from '../../../src/vm/vm-locks.js';
import { VmEvents } from '../../../src/vm/vm-events.js';
import { VmRepository } from '../../../src/vm/vm.repository.js';
import type { Vm } from '../../../src/vm/vm.types.js';
import { aVm, anImage } from '../database/support.js';
import { fixture } from '../operations/support.js';

const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 30));

describe('a VM that is to go down', () => {
  let database: Database;
  let operations: OperationRunner;
  let vms: VmRepository;
  let locks: VmLocks;
  let machines: Machines;
  let stopping: VmStopService;

  beforeEach(async () => {
    const { database: own, runner } = await fixture();
    database = own;
    operations = runner;
    await database.client.image.create({ data: anImage('debian') });
    vms = new VmRepository(database, new VmEvents());
    locks = new VmLocks();
    machines = new Machines();
    const teardown = {
      end: async ({ id }: Vm) => machines.remove(id),
    } as unknown as MachineTeardown;
    const suspended = { forget: async () => undefined } as unknown as SuspendedVms;
    const changes = new VmChangeRunner(operations, locks, vms);
    stopping = new VmStopService(
      changes,
      new StopSteps(machines, teardown, suspended, vms),
      machines,
      teardown,
      locks,
      vms,
    );
  });

  async function add(state: VmState, restartAt: Date | null = null): Promise<Vm> {
    const data = { ...aVm('web', 'img_debian'), state, restartAt, restartPolicy: 'always' };
    await database.client.vm.create({ data });
    return vms.require('web');
  }

  it('is not called stopped while a start of it is about to begin', async () => {
    const vm = await add('stopped');
    const release = await locks.take(vm.id, 'web', 'start');
    await expect(stopping.stop(vm)).rejects.toMatchObject({
      kind: 'VM_BUSY',
      details: { operation: 'start' },
    });
    release();
    expect(await stopping.stop(vm)).toMatchObject({ state: 'stopped' });
  });

  it('is killed by a kill that comes before its start has begun, and its policy is called off', async () => {
    const vm = await add('failed', new Date(Date.now() + 3_600_000));
    const release = await locks.take(vm.id, 'web', 'start');
    const { view, finished } = await operations.begin({
      kind: 'vm.start',
      subject: { type: 'vm', id: vm.id, name: 'web' },
      body: ({ signal }) =>
        new Promise((_, fail) => signal.addEventListener('abort', () => fail(signal.reason as Error))),
    });
    locks.attachOperation(vm.id, view.id);
    const started = finished.catch(() => 'cancelled').finally(release);
    const { restartAt, state } = await stopping.kill(vm);
    expect({ started: await started, restartAt, state }).toEqual({
      started: 'cancelled',
      restartAt: undefined,
      state: 'failed',
    });
  });

  it('waits for what the daemon writes down of it, instead of being busy', async () => {
    const vm = await add('stopped');
    const noted = await locks.note(vm.id, 'recording its end');
    setTimeout(noted, 20);
    expect(await stopping.stop(vm)).toMatchObject({ state: 'stopped' });
  });

  it('has stopped when it went down at the very moment at which its stop was cancelled', async () => {
    const vm = await add('running');
    const exited = Promise.withResolvers<MachineExit>();
    const machine = { exited: exited.promise, requestShutdown: async () => undefined };
    machines.add(vm.id, machine as unknown as Machine);
    const stopped = stopping.stop(vm).catch((error: unknown) => error);
    await settled();
    const cancelled = operations.cancel(locks.holder(vm.id)?.operationId ?? '');
    exited.resolve({ exitCode: 0, signal: null });
    await cancelled;
    expect(await stopped).toMatchObject({ kind: 'CANCELLED' });
    expect(await vms.require('web')).toMatchObject({ state: 'stopped' });
  });
});
