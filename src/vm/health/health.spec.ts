import { describe, expect, it, vi } from 'vitest';
import { BangerError } from '../../core/errors/index.js';
import type { DiskHalt } from '../hypervisor/hypervisor.js';
import type { Vm } from '../vm.types.js';
import { parseGuestReport } from './guest-report.js';
import { health } from './health-findings.js';
import { answerWithin } from './timed-answer.js';
import { VmHealthService } from './vm-health.service.js';

const vm = { name: 'web', state: 'running', error: undefined } as Vm;
const failure = new BangerError('TIMEOUT', 'it took longer than 2 s', {
  details: { what: 'it', limitMs: 2000 },
});
const GIB = 1024 ** 3;

describe('answerWithin', () => {
  it('gives the answer, and how long it took', async () => {
    const answer = await answerWithin(1000, 'x', async () => 7);
    expect(answer).toMatchObject({ value: 7 });
    expect(answer.latencyMs).toBeLessThan(1000);
  });

  it('makes a failure of an error', async () => {
    const answer = await answerWithin(1000, 'x', () => Promise.reject(failure));
    expect(answer).toMatchObject({ failure: { kind: 'TIMEOUT' } });
  });

  it('waits no longer than the limit, and tells the question so', async () => {
    vi.useFakeTimers();
    try {
      let stopped: AbortSignal | undefined;
      const answer = answerWithin(2000, 'the answer', (signal) => {
        stopped = signal;
        return new Promise<never>(() => undefined);
      });
      await vi.advanceTimersByTimeAsync(1999);
      expect(stopped?.aborted).toBe(false);
      await vi.advanceTimersByTimeAsync(1);
      expect(await answer).toMatchObject({ failure: { kind: 'TIMEOUT' } });
      expect(stopped?.aborted).toBe(true);
    } finally {
      vi.useRealTimers();
    }
  });
});

describe('what is found means', () => {
  it('of the state: running is well, and what is not has a way out', () => {
    expect(health.state(vm).status).toBe('ok');
    expect(health.state({ ...vm, state: 'stopped' })).toMatchObject({
      status: 'fail',
      fix: 'start it: banger vm start web',
    });
    const error = { message: 'it was killed', data: { kind: 'INTERNAL' as const, details: {} } };
    expect(health.state({ ...vm, state: 'failed', error })).toMatchObject({
      status: 'fail',
      detail: 'failed: it was killed',
      fix: 'start it again: banger vm start web',
    });
    expect(health.state({ ...vm, state: 'stopping' }).status).toBe('warn');
  });

  it('of the process: gone and stopped are failures that name it', () => {
    expect(health.process(vm, 7, 'S').status).toBe('ok');
    expect(health.process(vm, 7, undefined)).toMatchObject({ status: 'fail' });
    expect(health.process(vm, 7, 'T')).toMatchObject({
      status: 'fail',
      fix: 'let it go on: kill -CONT 7; or end it: banger vm kill web',
    });
    expect(health.process(vm, 7, 'D').status).toBe('warn');
  });

  it('of the ways in: an answer is well, none is a failure with what to do', () => {
    const disk = { halt: undefined, path: '/vms' };
    expect(health.control(vm, { value: 'running', latencyMs: 1 }, disk)).toMatchObject({
      status: 'ok',
      latencyMs: 1,
    });
    expect(health.control(vm, { value: 'paused', latencyMs: 1 }, disk).status).toBe('fail');
    for (const check of [
      health.control(vm, { failure, latencyMs: 2000 }, disk),
      health.agent(vm, { failure, latencyMs: 2000 }),
      health.ssh(vm, { failure, latencyMs: 2000 }),
    ])
      expect(check).toMatchObject({ status: 'fail', latencyMs: 2000, fix: expect.stringContaining('web') });
  });

  it('of a guest that the disk of the host halts: what lets it go on, and no restart', () => {
    const control = (halt?: DiskHalt) =>
      health.control(vm, { value: 'io-error', latencyMs: 1 }, { halt, path: '/vms' });
    const full = {
      status: 'fail',
      detail: 'halted: the file system of /vms is full; nothing of what it wrote is lost',
      fix: expect.stringContaining('free some space there, and it goes on by itself'),
    };
    expect(control({ noSpace: true, since: new Date(0) })).toMatchObject(full);
    expect(control(), 'not heard of yet').toMatchObject(full);
    expect(control({ noSpace: false, since: new Date(0) }).fix).toContain('dmesg');
  });

  it('of the clock: as sure as the round trip allows', () => {
    const clock = (value: number, latencyMs = 10) => health.clock(vm, { value, latencyMs });
    expect(clock(-300)).toMatchObject({ status: 'ok', detail: '300 ms behind the host' });
    expect(clock(900)).toMatchObject({ status: 'warn', detail: '900 ms ahead of the host' });
    expect(clock(900, 1000).status).toBe('ok');
    expect(clock(-7_200_000)).toMatchObject({ status: 'fail', detail: '7200.0 s behind the host' });
    expect(health.clock(vm, { failure, latencyMs: 1 })).toMatchObject({
      status: 'warn',
      detail: 'not known: it took longer than 2 s',
    });
  });

  it('of room: little is a warning, none a failure', () => {
    const disk = (availableBytes: number, mountPoint = '/', machine = vm) =>
      health.guest(machine, {
        value: { disks: [{ mountPoint, totalBytes: 8 * GIB, availableBytes }], memory: undefined },
        latencyMs: 1,
      })[0];
    expect([disk(4 * GIB)?.status, disk(GIB / 2)?.status, disk(0)?.status]).toEqual(['ok', 'warn', 'fail']);
    expect(disk(0)?.fix).toContain('banger vm set web --disk SIZE');
    const withWorkDisk = { ...vm, workDiskMib: 8192 };
    expect(disk(0, '/', withWorkDisk)?.fix).toContain('banger vm set web --disk SIZE');
    expect(disk(0, '/root', withWorkDisk)?.fix).toContain('banger vm set web --work-disk SIZE');
    expect(disk(0, '/root')?.fix, 'mounted there by the guest itself').toBe('make room in it');
    const host = (value: number) => health.hostDisk('/vms', { value, latencyMs: 1 }).status;
    expect([host(9 * GIB), host(GIB), host(1000)]).toEqual(['ok', 'warn', 'fail']);
  });
});

describe('VmHealthService', () => {
  it('advises no restart of a guest that the disk of the host halts', async () => {
    const machine = {
      record: { process: { pid: 7 } },
      diskHalt: { noSpace: true, since: new Date(0) },
      agent: { time: () => Promise.reject(failure) },
    };
    const silent = { failure, latencyMs: 2000 };
    const fakes = [
      { get: () => machine },
      {
        control: async () => ({ value: 'io-error', latencyMs: 1 }),
        agent: async () => silent,
        ssh: async () => silent,
      },
      { usage: () => ({ state: 'S' }) },
      { freeBytes: async () => 0 },
      { of: () => ({ directory: '/vms/vm_1' }) },
    ];
    const { healthy, checks } = await (Reflect.construct(VmHealthService, fakes) as VmHealthService).check(
      vm,
    );
    expect(healthy).toBe(false);
    expect(checks.filter(({ status }) => status === 'fail').map(({ id }) => id)).toEqual([
      'control',
      'agent',
      'ssh',
      'host-disk',
    ]);
    expect(checks.map(({ fix = '' }) => fix).join('\n')).toMatch(/goes on by itself/);
    expect(checks.map(({ fix = '' }) => fix).join('\n')).not.toMatch(/restart/);
  });
});

describe('parseGuestReport', () => {
  const text = [
    'Filesystem     1024-blocks   Used Available Capacity Mounted on',
    '/dev/vda           8154588 300000   7413628       4% /',
    '/dev/vdc           1000000 500000    500000      50% /root',
    'MemTotal:         996356 kB',
    'MemFree:          700000 kB',
    'MemAvailable:     863000 kB',
  ].join('\n');

  it('reads room and memory', () => {
    expect(parseGuestReport(text)).toEqual({
      disks: [
        { mountPoint: '/', totalBytes: 8154588 * 1024, availableBytes: 7413628 * 1024 },
        { mountPoint: '/root', totalBytes: 1_024_000_000, availableBytes: 512_000_000 },
      ],
      memory: { totalBytes: 996356 * 1024, availableBytes: 863000 * 1024 },
    });
  });

  it('believes no nonsense', () => {
    for (const nonsense of [
      '',
      'x'.repeat(100_000),
      '/dev/vda -1 0 0 0% /',
      '/dev/vda 0 0 0 0% /',
      `/dev/vda ${'9'.repeat(40)} 1 1 1% /`,
    ])
      expect(parseGuestReport(nonsense)).toEqual({ disks: [], memory: undefined });
    expect(parseGuestReport('/dev/vda 10 0 99 0% /\nMemTotal: 5 kB\nMemAvailable: 99 kB')).toEqual({
      disks: [{ mountPoint: '/', totalBytes: 10_240, availableBytes: 10_240 }],
      memory: { totalBytes: 5120, availableBytes: 5120 },
    });
  });
});
