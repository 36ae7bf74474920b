import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { VmState } from '../../../src/contract/index.js';
import { Database, openDatabase } from '../../../src/core/database/index.js';
import { CancelledError, DiskFullError } from '../../../src/core/errors/index.js';
import { Jobs } from '../../../src/core/jobs/index.js';
import type { DeletionReason, VmDeleteService } from '../../../src/vm/lifecycle/delete.service.js';
import type { VmStartService } from '../../../src/vm/lifecycle/start.service.js';
import { ExpiryJob } from '../../../src/vm/policies/expiry.job.js';
import { PolicyRepository } from '../../../src/vm/policies/policy.repository.js';
import { MAX_BOOTING, RestartJob } from '../../../src/vm/policies/restart.job.js';
import { VmBusyError } from '../../../src/vm/vm.errors.js';
import { VmEvents } from '../../../src/vm/vm-events.js';
import { VmRepository } from '../../../src/vm/vm.repository.js';
import type { Vm } from '../../../src/vm/vm.types.js';
import { FakeClock } from '../../support/fakes/fake-clock.js';
import { aVm, anImage } from '../database/support.js';

const logger = pino({ level: 'silent' });
let directory: string;
let database: Database;
let vms: VmRepository;
let rows: PolicyRepository;
let clock: FakeClock;
let jobs: Jobs;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'bgr-policies-'));
  database = await openDatabase({ file: join(directory, 'banger.db') });
  await database.client.image.create({ data: anImage('debian') });
  vms = new VmRepository(database, new VmEvents());
  rows = new PolicyRepository(database);
  clock = new FakeClock();
  jobs = new Jobs(logger);
  jobs.begin();
});

afterEach(async () => {
  await jobs.close();
  await database.close();
  await rm(directory, { recursive: true, force: true });
});

type Changes = Parameters<Database['client']['vm']['update']>[0]['data'];

async function add(name: string, changes: Changes & { state?: VmState }): Promise<string> {
  const { id: imageId } = anImage('debian');
  await database.client.vm.create({ data: aVm(name, imageId) });
  await database.client.vm.update({ where: { name }, data: changes });
  return aVm(name, imageId).id;
}

const at = (ms: number): Date => new Date(clock.now() + ms);
const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 30));

describe('automatic restarts', () => {
  let started: string[];
  let outcome: (vm: Vm) => Promise<void>;
  let job: RestartJob;

  beforeEach(() => {
    started = [];
    outcome = () => Promise.resolve();
    const starting = {
      startAgain: async (vm: Vm) => {
        started.push(vm.name);
        await outcome(vm);
        return vm;
      },
    };
    job = new RestartJob(jobs, clock, rows, vms, starting as unknown as VmStartService, logger);
  });

  const failed = { state: 'failed', restartPolicy: 'on-failure', restarts: 1 } as const;

  it('begin when they are due, those that wait longest first, a few at a time', async () => {
    const gate = Promise.withResolvers<void>();
    outcome = () => gate.promise;
    for (let number = 0; number < 20; number += 1)
      await add(`v${number}`, { ...failed, restartAt: at(-1000 * (number + 1)) });
    await add('later', { ...failed, restartAt: at(60_000) });
    await add('never', { ...failed });
    await add('up', { ...failed, state: 'running', restartAt: at(-1000) });
    await job.round();
    await job.round();
    await settled();
    expect(started).toEqual(['v19', 'v18']);
    expect(MAX_BOOTING).toBe(2);
    outcome = async ({ id }) => void (await vms.update(id, { restartAt: null }));
    gate.resolve();
    await settled();
    for (let round = 0; round < 20; round += 1) {
      await job.round();
      await settled();
    }
    expect(new Set(started).size).toBe(20);
    expect(started).not.toContain('later');
  });

  it('that come to nothing are tried again later and later, with the reason in the VM', async () => {
    const id = await add('web', { ...failed, restarts: 3, restartAt: at(-1) });
    outcome = () => Promise.reject(new DiskFullError('/state'));
    await job.round();
    await settled();
    const vm = await vms.find(id);
    expect(vm).toMatchObject({ state: 'failed', restarts: 4, restartAt: at(8_000) });
    expect(vm?.error?.data.kind).toBe('DISK_FULL');
    await job.round();
    expect(started).toHaveLength(1);
    clock.pass(8_000);
    await job.round();
    await settled();
    expect(await vms.find(id)).toMatchObject({ restarts: 5, restartAt: at(16_000) });
  });

  it('that were cancelled stay due: the user, who would not have it, has called it off in the row', async () => {
    const id = await add('web', { ...failed, restartAt: at(-1) });
    outcome = () => Promise.reject(new CancelledError('the start'));
    await job.round();
    await settled();
    expect(await vms.find(id)).toMatchObject({ restarts: 1, restartAt: at(-1) });
  });

  it('end with the policy', async () => {
    const id = await add('web', { ...failed, restartPolicy: 'no', restartAt: at(-1) });
    await job.round();
    await settled();
    expect(started).toEqual([]);
    expect(await vms.find(id)).toMatchObject({ restarts: 0, restartAt: undefined });
  });

  it('are not put off for a year by a clock that was set back', async () => {
    await add('web', { ...failed, restartAt: at(60_000) });
    clock.set(-365 * 24 * 3_600_000);
    await job.round();
    await settled();
    expect(started).toEqual(['web']);
  });

  it('are forgotten when the VM has run well', async () => {
    const well = await add('well', { state: 'running', restarts: 4, startedAt: at(-600_000) });
    const fresh = await add('fresh', { state: 'running', restarts: 4, startedAt: at(-500_000) });
    for (let round = 0; round < 30; round += 1) await job.round();
    expect([(await vms.find(well))?.restarts, (await vms.find(fresh))?.restarts]).toEqual([0, 4]);
  });
});

describe('expiry', () => {
  let deleted: { name: string; because: DeletionReason | undefined }[];
  let outcome: (vm: Vm) => Promise<void>;
  let job: ExpiryJob;

  beforeEach(() => {
    deleted = [];
    outcome = ({ id }) => vms.remove(id);
    const deletion = {
      delete: async (vm: Vm, force: boolean, because?: DeletionReason) => {
        expect(force).toBe(true);
        deleted.push({ name: vm.name, because });
        await outcome(vm);
        return vm;
      },
    };
    job = new ExpiryJob(jobs, clock, rows, vms, deletion as unknown as VmDeleteService, logger);
  });

  const names = (): string[] => deleted.map(({ name }) => name).toSorted();
  async function round(): Promise<void> {
    await job.round();
    await settled();
  }

  it('deletes what is over, in whatever state, also when it was over before the daemon ran', async () => {
    for (const state of ['running', 'stopped', 'failed', 'deleting'] as const)
      await add(state, { state, expiresAt: at(-24 * 3_600_000) });
    await add('young', { state: 'running', expiresAt: at(60_000) });
    await add('eternal', { state: 'running' });
    await round();
    expect(names()).toEqual(['deleting', 'failed', 'running', 'stopped']);
    expect(deleted[0]?.because?.reason).toMatch(/time to live was over at 2025-12-31T/);
    clock.pass(60_000);
    await round();
    expect(names()).toContain('young');
    expect((await vms.list()).map(({ name }) => name)).toEqual(['eternal']);
  });

  it('deletes nothing because the clock jumped forward, until it had time to be put right', async () => {
    await add('web', { state: 'running', expiresAt: at(3_600_000) });
    await round();
    clock.set(24 * 3_600_000);
    await round();
    clock.pass(600_000);
    await round();
    expect(names()).toEqual([]);
    clock.set(-24 * 3_600_000);
    await round();
    clock.pass(3_600_000);
    await round();
    expect(names(), 'an hour has really passed').toEqual(['web']);
  });

  it('gives what is under way on a VM a minute to end, and then cancels it', async () => {
    await add('web', { state: 'running', expiresAt: at(-1) });
    outcome = ({ name }) => Promise.reject(new VmBusyError(name, 'set', undefined));
    await round();
    await round();
    expect(deleted.map(({ because }) => because?.interrupts)).toEqual([false, false]);
    clock.pass(60_000);
    await round();
    expect(deleted.at(-1)?.because?.interrupts).toBe(true);
  });

  it('asks again under the lock whether the time is over', async () => {
    const id = await add('web', { state: 'running', expiresAt: at(-1) });
    let holds: boolean | undefined;
    outcome = async () => {
      const longer = await vms.update(id, { expiresAt: at(3_600_000) });
      holds = deleted[0]?.because?.stillHolds(longer);
    };
    await round();
    expect(holds).toBe(false);
  });

  it('repeats what failed after a pause that grows', async () => {
    await add('web', { state: 'running', expiresAt: at(-1) });
    outcome = () => Promise.reject(new DiskFullError('/state'));
    await round();
    await round();
    expect(deleted).toHaveLength(1);
    clock.pass(15_000);
    await round();
    expect(deleted).toHaveLength(2);
    clock.pass(15_000);
    await round();
    expect(deleted).toHaveLength(2);
    clock.pass(15_000);
    await round();
    expect(deleted).toHaveLength(3);
  });
});
