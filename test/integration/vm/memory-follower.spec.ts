import { pino } from 'pino';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { Database } from '../../../src/core/database/index.js';
import { Jobs } from '../../../src/core/jobs/index.js';
import type { Machine } from '../../../src/vm/hypervisor/hypervisor.js';
import { Machines } from '../../../src/vm/machines.js';
import { pendingOf } from '../../../src/vm/settings/machine-shape.js';
import { MachineShapes } from '../../../src/vm/settings/machine-shapes.js';
import { MemoryFollower } from '../../../src/vm/settings/memory-follower.job.js';
import { VmLocks } from '../../../src/vm/vm-locks.js';
import { VmEvents } from '../../../src/vm/vm-events.js';
import { VmRepository } from '../../../src/vm/vm.repository.js';
import { aVm, anImage, scratchDatabase } from '../database/support.js';

const SHAPE = { cpus: 1, memoryMib: 1800, bootMemoryMib: 2048, diskMib: 4096, hostName: 'web' };

describe('memory that a guest gives back late', () => {
  let database: Database;
  let vms: VmRepository;
  let machines: Machines;
  let locks: VmLocks;
  let follower: MemoryFollower;
  let has: () => Promise<number>;

  beforeEach(async () => {
    database = await scratchDatabase();
    await database.client.image.create({ data: anImage('debian') });
    await database.client.vm.create({
      data: { ...aVm('web', 'img_debian'), memoryMib: 1024, machine: { shape: SHAPE } },
    });
    vms = new VmRepository(database, new VmEvents());
    machines = new Machines();
    has = () => Promise.resolve(1800);
    machines.add('vm_web', { memory: () => has() } as unknown as Machine);
    locks = new VmLocks();
    const jobs = new Jobs(pino({ level: 'silent' }));
    follower = new MemoryFollower(database, vms, jobs, machines, locks, new MachineShapes(vms));
    jobs.begin();
    onTestFinished(() => jobs.close());
  });

  async function pending(): Promise<unknown> {
    return pendingOf(await vms.require('web'))?.memoryMib;
  }

  it('is what the VM waits for no more', async () => {
    await follower.round();
    expect(await pending()).toEqual({ now: 1800, next: 1024 });
    has = () => Promise.resolve(1100);
    await follower.round();
    expect(await pending()).toEqual({ now: 1100, next: 1024 });
    has = () => Promise.resolve(1024);
    await follower.round();
    expect(await pending()).toBeUndefined();
    has = () => Promise.reject(new Error('nobody asks any more'));
    await follower.round();
  });

  it('is left to whoever changes the VM, and to a hypervisor that answers', async () => {
    has = () => Promise.resolve(1024);
    const release = await locks.take('vm_web', 'web', 'set');
    await follower.round();
    release();
    expect(await pending()).toEqual({ now: 1800, next: 1024 });
    has = () => Promise.reject(new Error('hangs'));
    await follower.round();
    expect(await pending()).toEqual({ now: 1800, next: 1024 });
  });
});
