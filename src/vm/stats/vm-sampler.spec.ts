import { beforeEach, describe, expect, it, vi } from 'vitest';
import { Jobs } from '../../core/jobs/index.js';
import type { Logger } from '../../core/logging/index.js';
import type { ProcessIdentity, ProcessUsage } from '../../core/process/index.js';
import type { Machine, MachineStats } from '../hypervisor/hypervisor.js';
import { Machines } from '../machines.js';
import { VmSampler } from './vm-sampler.js';

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const DISK = { readBytes: 10, writeBytes: 20, readOperations: 1, writeOperations: 2 };

function machine(pid: number, stats: () => Promise<MachineStats>): Machine {
  const identity: ProcessIdentity = { pid, startTicks: 1, executable: '/qemu' };
  const fake = { record: { process: identity }, agent: { network: async () => NETWORK }, stats };
  return fake as unknown as Machine;
}
const NETWORK = { receivedBytes: 1, sentBytes: 2 };

describe('VmSampler', () => {
  let machines: Machines;
  let sampler: VmSampler;
  let usage: Record<number, ProcessUsage>;
  let errors: unknown[];

  beforeEach(() => {
    machines = new Machines();
    usage = {};
    errors = [];
    const jobs = new Jobs({ error: (entry: unknown) => errors.push(entry) } as unknown as Logger);
    jobs.begin();
    const fakes = [
      machines,
      {
        usage: ({ pid }: ProcessIdentity) => usage[pid],
      },
      { features: { networkCounters: false } },
      { allocatedBytes: async () => 4096 },
      { of: (id: string) => ({ directory: `/vms/${id}` }) },
      jobs,
    ];
    sampler = Reflect.construct(VmSampler, fakes) as VmSampler;
  });

  it('knows of each running VM what it uses', async () => {
    machines.add(
      'vm_1',
      machine(1, async () => ({ disk: DISK })),
    );
    usage[1] = { state: 'S', cpuSeconds: 3, residentBytes: 5000 };
    await sampler.sample();
    await settled();
    expect(sampler.latest('vm_1')).toMatchObject({
      cpuSeconds: 3,
      residentBytes: 5000,
      disk: DISK,
      network: NETWORK,
      allocatedBytes: 4096,
    });
    usage[1] = { state: 'S', cpuSeconds: 5, residentBytes: 6000 };
    await sampler.sample();
    expect(sampler.latest('vm_1')?.cpuCores).toBeGreaterThan(0);
    expect(sampler.history('vm_1').map(({ residentBytes }) => residentBytes)).toEqual([5000, 6000]);
    expect([sampler.latest('vm_2'), sampler.history('vm_2')]).toEqual([undefined, []]);
  });

  it('waits for no VM that hangs: the others have their figures, and it is not asked twice', async () => {
    const hung = vi.fn(() => new Promise<never>(() => undefined));
    machines.add('vm_hung', machine(1, hung));
    machines.add(
      'vm_fine',
      machine(2, async () => ({ disk: DISK })),
    );
    usage[1] = { state: 'S', cpuSeconds: 1, residentBytes: 1 };
    usage[2] = { state: 'S', cpuSeconds: 2, residentBytes: 2 };
    for (let tick = 0; tick < 3; tick += 1) await sampler.sample();
    await settled();
    expect(sampler.latest('vm_fine')).toMatchObject({ cpuSeconds: 2, disk: DISK });
    expect(sampler.latest('vm_hung')).toMatchObject({ cpuSeconds: 1 });
    expect(sampler.latest('vm_hung')).not.toHaveProperty('disk');
    expect(sampler.history('vm_hung')).toHaveLength(3);
    expect(hung).toHaveBeenCalledTimes(1);
  });

  it('shows no old figures of a VMM that stopped answering', async () => {
    let answers = true;
    machines.add(
      'vm_1',
      machine(1, async () => {
        if (!answers) throw new Error('no answer');
        return { disk: DISK };
      }),
    );
    usage[1] = { state: 'S', cpuSeconds: 1, residentBytes: 1 };
    await sampler.sample();
    await settled();
    answers = false;
    await sampler.sample();
    await settled();
    expect(sampler.latest('vm_1')).not.toHaveProperty('disk');
    expect(errors).toEqual([]);
  });

  it('forgets a VM that ended, and begins anew with a new machine', async () => {
    machines.add(
      'vm_1',
      machine(1, async () => ({ disk: DISK })),
    );
    usage[1] = { state: 'S', cpuSeconds: 100, residentBytes: 1 };
    await sampler.sample();
    machines.add(
      'vm_1',
      machine(2, async () => ({ disk: DISK })),
    );
    usage[2] = { state: 'S', cpuSeconds: 1, residentBytes: 1 };
    await sampler.sample();
    expect(sampler.latest('vm_1')).toMatchObject({ cpuSeconds: 1 });
    expect(sampler.latest('vm_1')).not.toHaveProperty('cpuCores');
    expect(sampler.history('vm_1')).toHaveLength(1);
    machines.remove('vm_1');
    await sampler.sample();
    expect(sampler.latest('vm_1')).toBeUndefined();
  });

  it('does not overlap itself', async () => {
    machines.add(
      'vm_1',
      machine(1, async () => ({ disk: DISK })),
    );
    usage[1] = { state: 'S', cpuSeconds: 1, residentBytes: 1 };
    await Promise.all([sampler.sample(), sampler.sample()]);
    expect(sampler.history('vm_1')).toHaveLength(1);
  });
});
