import { describe, expect, it } from 'vitest';
import { CancelledError } from '../../core/errors/index.js';
import type { OperationContext } from '../../core/operations/index.js';
import type { ImageService } from '../../image/index.js';
import type { DiskGrowth } from '../settings/disk-growth.js';
import type { Resumption } from '../suspend/resumption.js';
import { VmBootFailedError } from '../vm.errors.js';
import type { VmChanges, VmRepository } from '../vm.repository.js';
import type { VmState } from '../../contract/index.js';
import type { Vm } from '../vm.types.js';
import type { BootService } from './boot.service.js';
import { StartSteps } from './start-steps.js';
import type { VmPreflight } from './vm-preflight.js';

const FAILURE = new VmBootFailedError({ vm: 'web', stage: 'it went down', consoleTail: '', why: 'killed' });

/** A start whose boot fails. @returns what became of the VM when the operation was undone */
async function failedStart(whileBooting: (cancel: AbortController) => void): Promise<unknown> {
  const cancel = new AbortController();
  const undo: (() => Promise<unknown>)[] = [];
  const written: { state: VmState; error: unknown }[] = [];
  const nothing = {
    require: async () => ({}),
    checkStart: async () => undefined,
    fit: async () => undefined,
  };
  const boot = {
    boot: async () => {
      whileBooting(cancel);
      throw FAILURE;
    },
  };
  const vms = {
    transition: async (vm: Vm, state: VmState, { error }: VmChanges) => {
      written.push({ state, error });
      return vm;
    },
  };
  const steps = new StartSteps(
    nothing as unknown as ImageService,
    boot as unknown as BootService,
    vms as unknown as VmRepository,
    nothing as unknown as VmPreflight,
    nothing as unknown as DiskGrowth,
    { takeBack: async () => false } as unknown as Resumption,
  );
  const operation = {
    signal: cancel.signal,
    rollback: { add: (_what: string, body: () => Promise<unknown>) => undo.push(body) },
  };
  await expect(
    steps.run({ id: 'vm', name: 'web' } as Vm, operation as unknown as OperationContext),
  ).rejects.toBe(FAILURE);
  for (const body of undo) await body();
  return written.at(-1);
}

describe('a start that does not come to its end', () => {
  it('leaves the VM failed, with why', async () => {
    expect(await failedStart(() => undefined)).toMatchObject({
      state: 'failed',
      error: { message: FAILURE.message },
    });
  });

  it('leaves it stopped when it was cancelled, whatever failed then', async () => {
    const written = await failedStart((cancel) => cancel.abort(new CancelledError('vm.start of web')));
    expect(written).toEqual({ state: 'stopped', error: null });
  });
});
