import { describe, expect, it } from 'vitest';
import type { VmState } from '../../contract/index.js';
import type { Config } from '../../core/config/index.js';
import type { HostFacts } from '../../host/index.js';
import type { VmRepository } from '../vm.repository.js';
import type { Vm } from '../vm.types.js';
import { HostBudget } from './host-budget.js';

const HOST_MIB = 8192;

function budget(percent: number, vms: readonly [VmState, number][]): HostBudget {
  const rows = vms.map(([state, memoryMib], at) => ({ id: `vm_${at}`, state, memoryMib }) as Vm);
  return new HostBudget(
    { values: { memoryPercent: percent } } as unknown as Config,
    { memory: () => ({ totalMib: HOST_MIB, availableMib: 1 }) } as unknown as HostFacts,
    { list: async () => rows } as unknown as VmRepository,
  );
}

describe('the memory of all VMs together', () => {
  it('is that of those that have some, or are about to', async () => {
    const states: VmState[] = ['creating', 'starting', 'running', 'stopping'];
    const full = budget(
      100,
      states.map((state) => [state, HOST_MIB / 4]),
    );
    await expect(full.checkMemory(1)).rejects.toMatchObject({
      kind: 'HOST_MEMORY_EXHAUSTED',
      details: { limitMib: HOST_MIB, takenMib: HOST_MIB, requestedMib: 1 },
      fix: expect.stringContaining('vm suspend'),
    });
    const asleep: VmState[] = ['stopped', 'suspended', 'failed', 'deleting'];
    const free = budget(
      100,
      asleep.map((state) => [state, HOST_MIB]),
    );
    await free.checkMemory(HOST_MIB);
    await expect(free.checkMemory(HOST_MIB + 1)).rejects.toMatchObject({ kind: 'HOST_MEMORY_EXHAUSTED' });
  });

  it('may be more than the host has, as far as the configuration says', async () => {
    const vms = budget(200, [['running', HOST_MIB]]);
    await vms.checkMemory(HOST_MIB);
    await expect(vms.checkMemory(HOST_MIB + 1)).rejects.toMatchObject({ kind: 'HOST_MEMORY_EXHAUSTED' });
  });

  it('counts one that is restarted once', async () => {
    await budget(100, [['running', HOST_MIB]]).checkMemory(HOST_MIB, 'vm_0');
  });
});
