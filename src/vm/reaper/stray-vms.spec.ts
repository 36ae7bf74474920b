import { beforeEach, describe, expect, it } from 'vitest';
import type { VmState } from '../../contract/index.js';
import type { Machine } from '../hypervisor/hypervisor.js';
import type { VmReconciler } from '../lifecycle/reconcile.service.js';
import { Machines } from '../machines.js';
import type { PolicyRepository } from '../policies/policy.repository.js';
import { VmLocks } from '../vm-locks.js';
import { StrayVms } from './stray-vms.js';

describe('stray VMs', () => {
  let active: { id: string; state: VmState }[];
  let machines: Machines;
  let locks: VmLocks;
  let repaired: string[];
  let strays: StrayVms;

  beforeEach(() => {
    active = [];
    machines = new Machines();
    locks = new VmLocks();
    repaired = [];
    const reconciler = {
      reconcileOne: async (id: string) => {
        expect(locks.holder(id)?.action).toBe('repair');
        repaired.push(id);
      },
    };
    const rows = { active: async () => active };
    strays = new StrayVms(
      rows as unknown as PolicyRepository,
      machines,
      locks,
      reconciler as unknown as VmReconciler,
    );
  });

  it('are those that run by their record alone, or are half-way with nobody at it; at the second look', async () => {
    active = [
      { id: 'lost', state: 'running' },
      { id: 'up', state: 'running' },
      { id: 'half', state: 'stopping' },
      { id: 'busy', state: 'starting' },
    ];
    machines.add('up', {} as Machine);
    const release = await locks.take('busy', 'busy', 'start');
    await strays.repair();
    expect(repaired).toEqual([]);
    await strays.repair();
    expect(repaired).toEqual(['lost', 'half']);
    release();
    expect(locks.holder('lost')).toBeUndefined();
  });

  it('are none when a change has come to its end between two looks', async () => {
    active = [{ id: 'vm', state: 'starting' }];
    await strays.repair();
    active = [{ id: 'vm', state: 'running' }];
    machines.add('vm', {} as Machine);
    await strays.repair();
    active = [{ id: 'vm', state: 'stopping' }];
    await strays.repair();
    expect(repaired).toEqual([]);
  });
});
