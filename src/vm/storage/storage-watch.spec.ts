import { pino } from 'pino';
import { beforeEach, describe, expect, it } from 'vitest';
import { testConfig } from '../../../test/support/fakes/test-config.js';
import { Jobs } from '../../core/jobs/index.js';
import type { HostFacts } from '../../host/index.js';
import type { DiskHalt, Machine } from '../hypervisor/hypervisor.js';
import { Machines } from '../machines.js';
import { StorageWatch } from './storage-watch.js';

const PLENTY = 2 ** 40;

describe('a guest that is halted', () => {
  let lines: { msg: string; level: number }[];
  let guest: { diskHalt: DiskHalt | undefined; resume: () => Promise<void> };
  let resumed: number;
  let freeBytes: number;
  let watch: StorageWatch;

  beforeEach(async () => {
    lines = [];
    resumed = 0;
    freeBytes = PLENTY;
    guest = { diskHalt: undefined, resume: () => Promise.resolve(void (resumed += 1)) };
    const machines = new Machines();
    machines.add('vm_web', guest as unknown as Machine);
    const host = { freeBytes: () => Promise.resolve(freeBytes) } as unknown as HostFacts;
    const logger = pino({ base: {} }, { write: (line: string) => void lines.push(JSON.parse(line)) });
    const jobs = new Jobs(logger);
    watch = new StorageWatch(machines, host, await testConfig(), jobs, logger);
    jobs.begin();
  });

  const halt = (noSpace: boolean): DiskHalt => ({ noSpace, since: new Date() });
  const told = (): string[] => lines.map(({ msg }) => msg);

  it('by a disk that fails is let go on at each look, and told of once until it does go on', async () => {
    for (let round = 0; round < 10; round += 1) {
      // its write fails again at once: a halt of its own each time
      guest.diskHalt = halt(false);
      await watch.look();
    }
    expect(resumed).toBe(10);
    expect(told()).toEqual(['a guest is halted: its disk cannot be written to']);
    guest.diskHalt = undefined;
    for (let round = 0; round < 3; round += 1) await watch.look();
    expect(told().slice(1)).toEqual(['a halted guest goes on']);
    guest.diskHalt = halt(false);
    await watch.look();
    expect(told().slice(2)).toEqual(['a guest is halted: its disk cannot be written to']);
  });

  it('is told of again when there is another reason', async () => {
    guest.diskHalt = halt(false);
    await watch.look();
    guest.diskHalt = halt(true);
    await watch.look();
    expect(told()).toEqual(Array(2).fill('a guest is halted: its disk cannot be written to'));
  });

  it('by a full disk waits for room', async () => {
    freeBytes = 1024;
    guest.diskHalt = halt(true);
    await watch.look();
    expect(resumed).toBe(0);
    freeBytes = PLENTY;
    await watch.look();
    expect(resumed).toBe(1);
  });

  it('and cannot be let go on is told of once for each reason', async () => {
    guest.diskHalt = halt(false);
    let reason = 'no answer';
    guest.resume = () => Promise.reject(new Error(reason));
    for (let round = 0; round < 3; round += 1) await watch.look();
    reason = 'no socket';
    for (let round = 0; round < 3; round += 1) await watch.look();
    expect(told().slice(1)).toEqual(Array(2).fill('a halted guest could not be let go on'));
  });
});
