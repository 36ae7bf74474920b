import { describe, expect, it } from 'vitest';
import { DiskFullError } from '../../core/errors/index.js';
import type { HostDirectories } from '../../host/index.js';
import { VmmProtocolError } from '../hypervisor/hypervisor.errors.js';
import type { Machine, MachineExit } from '../hypervisor/hypervisor.js';
import type { Machines } from '../machines.js';
import type { VmDisks } from '../vm-disks.js';
import type { VmPathFinder } from '../vm-paths.js';
import type { Vm } from '../vm.types.js';
import type { SnapshotHelpers } from './snapshot-helpers.js';
import { VmCapture } from './vm-capture.js';

const VM = { id: 'vm_web', name: 'web', memoryMib: 512 } as Vm;
const { signal } = new AbortController();
const CLOSED = new VmmProtocolError('query-migrate', 'the connection was closed');
const KILLED: MachineExit = { exitCode: null, signal: 'SIGKILL' };
const ALIVE = new Promise<never>(() => undefined);

/** Puts away a machine that fails so, and has ended or not. */
function putAway(failure: Error, exited: Promise<MachineExit>): Promise<void> {
  const machine = { exited, snapshot: () => Promise.reject(failure) } as unknown as Machine;
  const capture = new VmCapture(
    { require: () => machine } as unknown as Machines,
    { checkRoom: () => Promise.resolve() } as unknown as VmDisks,
    { with: (_vm: Vm, body: (helper: object) => unknown) => body({}) } as unknown as SnapshotHelpers,
    {} as HostDirectories,
    {} as VmPathFinder,
  );
  return capture.putAway(VM, { memoryPath: '/m', statePath: '/s' }, signal);
}

describe('a machine that is put into files', () => {
  it('and goes down meanwhile: that is told, and what to do', async () => {
    await expect(putAway(CLOSED, Promise.resolve(KILLED))).rejects.toMatchObject({
      kind: 'VM_WRONG_STATE',
      message: 'the VM web went down meanwhile',
      cause: CLOSED,
    });
  });

  it('and runs on without an answer: that is told', async () => {
    await expect(putAway(CLOSED, ALIVE)).rejects.toBe(CLOSED);
  });

  it('for which there is no room: that is told, whatever has become of it', async () => {
    const full = new DiskFullError('/state');
    await expect(putAway(full, Promise.resolve(KILLED))).rejects.toBe(full);
  });
});
