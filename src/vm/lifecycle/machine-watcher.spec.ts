import { pino } from 'pino';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { VmState } from '../../contract/index.js';
import { DiskFullError } from '../../core/errors/index.js';
import type { Machine, MachineExit } from '../hypervisor/hypervisor.js';
import { Machines } from '../machines.js';
import { VmLocks } from '../vm-locks.js';
import type { VmRepository } from '../vm.repository.js';
import type { Vm } from '../vm.types.js';
import type { MachineEnds } from './machine-ends.js';
import { MachineWatcher } from './machine-watcher.js';

const EXIT: MachineExit = { exitCode: null, signal: 'SIGKILL' };
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('MachineWatcher', () => {
  let vm: { id: string; state: VmState };
  let machines: Machines;
  let locks: VmLocks;
  let failure: Error | undefined;
  let recorded: { exit: MachineExit; asked: boolean | undefined }[];
  let watcher: MachineWatcher;
  let end: (exit: MachineExit) => void;
  let machine: Machine;

  beforeEach(() => {
    vm = { id: 'vm', state: 'running' };
    machines = new Machines();
    locks = new VmLocks();
    failure = undefined;
    recorded = [];
    const ends = {
      // As the real one: the machine is let go before the end is written.
      record: async (_vm: Vm, exit: MachineExit, { asked }: { asked?: boolean } = {}) => {
        machines.remove('vm');
        if (failure !== undefined) throw failure;
        recorded.push({ exit, asked });
        vm.state = 'failed';
      },
    };
    watcher = new MachineWatcher(
      machines,
      locks,
      { find: async () => vm } as unknown as VmRepository,
      ends as unknown as MachineEnds,
      pino({ level: 'silent' }),
    );
    const exited = Promise.withResolvers<MachineExit>();
    end = exited.resolve;
    machine = { exited: exited.promise } as Machine;
    machines.add('vm', machine);
    watcher.watch({ id: 'vm', state: vm.state }, machine);
  });

  it('records an end once', async () => {
    end(EXIT);
    await settled();
    await watcher.recordAgain();
    expect(recorded).toEqual([{ exit: EXIT, asked: false }]);
  });

  it('records later, with its reason, what could not be written when it happened', async () => {
    failure = new DiskFullError('/state');
    end(EXIT);
    await settled();
    await watcher.recordAgain();
    expect(recorded).toEqual([]);
    failure = undefined;
    await watcher.recordAgain();
    await watcher.recordAgain();
    expect(recorded).toEqual([{ exit: EXIT, asked: false }]);
  });

  it('leaves to a change under way what it ends itself, and to a new start its own machine', async () => {
    const release = await locks.take('vm', 'web', 'stop');
    end(EXIT);
    await settled();
    machines.remove('vm');
    vm.state = 'stopped';
    release();
    await settled();
    expect(recorded).toEqual([]);
    vm.state = 'running';
    machines.add('vm', {} as Machine);
    await watcher.recordAgain();
    expect(recorded).toEqual([]);
  });

  it('knows of a VM that was being stopped that it was asked to go', async () => {
    const exited = Promise.withResolvers<MachineExit>();
    const adopted = { exited: exited.promise } as Machine;
    machines.add('vm', adopted);
    watcher.watch({ id: 'vm', state: 'stopping' }, adopted);
    exited.resolve(EXIT);
    await settled();
    expect(recorded).toEqual([{ exit: EXIT, asked: true }]);
  });

  it('does not take a crash long after for what the VM had been asked', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    onTestFinished(() => void vi.useRealTimers());
    const exited = Promise.withResolvers<MachineExit>();
    const adopted = { exited: exited.promise } as Machine;
    machines.add('vm', adopted);
    watcher.watch({ id: 'vm', state: 'stopping' }, adopted);
    vi.advanceTimersByTime(3_600_000);
    exited.resolve(EXIT);
    await settled();
    expect(recorded).toEqual([{ exit: EXIT, asked: false }]);
  });
});
