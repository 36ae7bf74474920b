import { describe, expect, it } from 'vitest';
import type { SyncFiles } from '../../capabilities/index.js';
import type { OperationView } from '../../contract/index.js';
import type { MachineImages } from '../../image/index.js';
import { VmLocks } from '../vm-locks.js';
import type { VmRepository } from '../vm.repository.js';
import type { Vm } from '../vm.types.js';
import { PromoteService } from './promote.service.js';
import type { PromotedDisks } from './promoted-disks.js';

const VIEW = { id: 'op_1' } as OperationView;

function make(vm: Partial<Vm>, begin: MachineImages['begin'] = () => Promise.resolve(VIEW)) {
  const locks = new VmLocks();
  const checked: string[] = [];
  const vms = { require: () => Promise.resolve({ id: 'vm_1', name: 'web', imageId: 'img_1', ...vm }) };
  const disks = {
    check: () => Promise.resolve(void checked.push('disks')),
    copy: () => Promise.resolve({ uid: 7, gid: 7 }),
  };
  const synced = { remembered: () => Promise.resolve([{ path: '/root/.npmrc', sha256: [] }]) };
  const service = new PromoteService(
    vms as unknown as VmRepository,
    locks,
    disks as unknown as PromotedDisks,
    synced as unknown as SyncFiles,
    { begin } as unknown as MachineImages,
  );
  return { service, locks, checked };
}

describe('to promote a VM', () => {
  it.each(['running', 'suspended', 'creating', 'starting', 'stopping', 'deleting'] as const)(
    'is refused while it is %s, and leaves it to others',
    async (state) => {
      const { service, locks, checked } = make({ state });
      await expect(service.begin({ vm: 'web', name: 'mine' })).rejects.toMatchObject({
        kind: 'VM_WRONG_STATE',
        details: { state, allowed: ['stopped', 'failed'] },
      });
      expect(locks.holder('vm_1')).toBeUndefined();
      expect(checked).toEqual([]);
    },
  );

  it('is refused while something else is done with it', async () => {
    const { service, locks } = make({ state: 'stopped' });
    await locks.take('vm_1', 'web', 'start');
    await expect(service.begin({ vm: 'web', name: 'mine' })).rejects.toMatchObject({ kind: 'VM_BUSY' });
    expect(locks.holder('vm_1')?.action).toBe('start');
  });

  it('holds it until its disks are copied, and no longer', async () => {
    let copy: Parameters<MachineImages['begin']>[1] | undefined;
    const { service, locks } = make({ state: 'stopped', workDiskMib: 512 }, (order, body) => {
      expect(order).toMatchObject({ name: 'mine', replace: true, parentId: 'img_1' });
      copy = body;
      return Promise.resolve(VIEW);
    });
    await service.begin({ vm: 'web', name: 'mine', force: true, clearHistory: true });
    expect(locks.holder('vm_1')).toMatchObject({ action: 'a promotion', operationId: 'op_1' });
    const making = { site: {}, step: (_kind: string, _title: string, body: () => unknown) => body() };
    expect(await copy?.(making as never)).toEqual({
      reference: 'web',
      hasWork: true,
      clearHistory: true,
      files: ['/root/.npmrc'],
      owner: { uid: 7, gid: 7 },
    });
    expect(locks.holder('vm_1')).toBeUndefined();
  });

  it('lets go of it when the operation ends before that, or does not begin', async () => {
    let released: (() => void) | undefined;
    const ended = make({ state: 'failed' }, (order) => {
      ({ released } = order);
      return Promise.resolve(VIEW);
    });
    await ended.service.begin({ vm: 'web', name: 'mine' });
    released?.();
    expect(ended.locks.holder('vm_1')).toBeUndefined();
    const refused = make({ state: 'stopped' }, () => Promise.reject(new Error('taken')));
    await expect(refused.service.begin({ vm: 'web', name: 'mine' })).rejects.toThrow('taken');
    expect(refused.locks.holder('vm_1')).toBeUndefined();
  });
});
