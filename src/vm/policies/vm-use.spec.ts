import { beforeEach, describe, expect, it } from 'vitest';
import type { SshPool } from '../../core/ssh/index.js';
import type { VmSampler } from '../stats/vm-sampler.js';
import { VmLocks } from '../vm-locks.js';
import type { IdleRow } from './policy.repository.js';
import type { ListenAddress } from './tcp-table.js';
import { BUSY_CORES, VmUse } from './vm-use.js';

const VM: IdleRow = {
  id: 'vm',
  idleStopSeconds: 60,
  sshPort: 22000,
  publishedPorts: [{ hostAddress: '0.0.0.0', hostPort: 8080, guestPort: 80, protocol: 'tcp' }],
};

describe('the use of a VM', () => {
  let connectedPort: number | undefined;
  let cpuCores: number | undefined;
  let commands: { running: number; ever: number };
  let locks: VmLocks;
  let use: VmUse;
  const isUsed = async (): Promise<boolean> => (await use.used([VM])).has('vm');

  beforeEach(async () => {
    connectedPort = undefined;
    cpuCores = 0.01;
    commands = { running: 0, ever: 3 };
    locks = new VmLocks();
    use = new VmUse(
      {
        used: async <A extends ListenAddress>(addresses: readonly A[]) =>
          new Set(addresses.filter(({ hostPort }) => hostPort === connectedPort)),
      },
      {
        latest: () => ({
          at: 0,
          cpuSeconds: 0,
          residentBytes: 0,
          ...(cpuCores !== undefined && { cpuCores }),
        }),
      } as unknown as VmSampler,
      { commands: () => commands } as unknown as SshPool,
      locks,
    );
    expect(await isUsed(), 'at the first look nothing is known').toBe(true);
    expect(await isUsed()).toBe(false);
  });

  it('is a command that runs, or that came and went between two looks', async () => {
    commands = { running: 1, ever: 4 };
    expect([await isUsed(), await isUsed()]).toEqual([true, true]);
    commands = { running: 0, ever: 4 };
    expect(await isUsed()).toBe(false);
    commands = { running: 0, ever: 5 };
    expect([await isUsed(), await isUsed()]).toEqual([true, false]);
  });

  it('is a connection to its SSH server or a published port', async () => {
    connectedPort = 22000;
    expect(await isUsed()).toBe(true);
    connectedPort = 8080;
    expect(await isUsed()).toBe(true);
    connectedPort = 8081;
    expect(await isUsed()).toBe(false);
  });

  it('is a change under way', async () => {
    const release = await locks.take('vm', 'web', 'set');
    expect(await isUsed()).toBe(true);
    release();
    expect(await isUsed()).toBe(false);
  });

  it('is work of the guest itself; what is not known counts as work', async () => {
    cpuCores = BUSY_CORES + 0.01;
    expect(await isUsed()).toBe(true);
    cpuCores = undefined;
    expect(await isUsed()).toBe(true);
  });
});
