import { describe, expect, it } from 'vitest';
import type { PublishedPort, VmSetParams } from '../../contract/index.js';
import type { Vm } from '../vm.types.js';
import { pendingOf, shapeOf } from './machine-shape.js';
import { planOf, previousOf } from './set-plan.js';

const NOW = new Date('2026-11-25T12:00:00Z');
const port = (hostPort: number, guestPort = 80, protocol: 'tcp' | 'udp' = 'tcp'): PublishedPort => ({
  hostAddress: '127.0.0.1',
  hostPort,
  guestPort,
  protocol,
});

/** What these functions look at. */
const vm = {
  name: 'web',
  cpus: 2,
  memoryMib: 1024,
  diskMib: 8192,
  workDiskMib: undefined,
  labels: { team: 'ui', tier: '1' },
  publishedPorts: [port(8080), port(5353, 53, 'udp')],
  ttlSeconds: 3600,
  expiresAt: new Date('2026-11-25T12:30:00Z'),
  idleStopSeconds: undefined,
  restartPolicy: 'on-failure',
} as unknown as Vm;
const plan = (params: Omit<VmSetParams, 'vm'>) => planOf(vm, { vm: 'web', ...params }, NOW);

describe('planOf', () => {
  it('finds nothing to do where all is so already', () => {
    const same = { name: 'web', cpus: 2, memoryMib: 1024, diskMib: 8192, labels: { tier: '1' } };
    const gone = { removeLabels: ['x'], removePorts: [{ hostPort: 1, protocol: 'tcp' as const }] };
    const life = { idleStopSeconds: 0, restartPolicy: 'on-failure' as const };
    const nothing = { record: {}, ports: undefined, disks: {} };
    expect(plan({})).toEqual(nothing);
    expect(plan({ ...same, ...gone, ...life, publishedPorts: [port(8080)] })).toEqual(nothing);
  });

  it('adds labels, and removes them first', () => {
    expect(plan({ labels: { team: 'db', new: '' }, removeLabels: ['tier', 'new'] }).record).toEqual({
      labels: { team: 'db', new: '' },
    });
  });

  it('adds ports, gives one of the same host port its place, and removes them first', () => {
    expect(plan({ publishedPorts: [port(8080, 81), port(9000)] }).ports).toEqual([
      port(5353, 53, 'udp'),
      port(8080, 81),
      port(9000),
    ]);
    // the same number in the other protocol is another port
    expect(plan({ removePorts: [{ hostPort: 5353, protocol: 'tcp' }] }).ports).toBeUndefined();
    expect(plan({ removePorts: [{ hostPort: 5353, protocol: 'udp' }] }).ports).toEqual([port(8080)]);
    expect(plan({ removeAllPorts: true }).ports).toEqual([]);
    expect(plan({ removeAllPorts: true, publishedPorts: [port(1, 2)] }).ports).toEqual([port(1, 2)]);
  });

  it('counts a time to live from now each time it is given, and takes it away for 0', () => {
    expect(plan({ ttlSeconds: 3600 }).record).toEqual({
      ttlSeconds: 3600,
      expiresAt: new Date('2026-11-25T13:00:00Z'),
    });
    expect(plan({ ttlSeconds: 0 }).record).toEqual({ ttlSeconds: null, expiresAt: null });
    expect(
      planOf({ ...vm, ttlSeconds: undefined, expiresAt: undefined }, { vm: 'web', ttlSeconds: 0 }, NOW)
        .record,
    ).toEqual({});
  });

  it('forgets what the old restart policy had in mind', () => {
    expect(plan({ restartPolicy: 'no' }).record).toEqual({
      restartPolicy: 'no',
      restarts: 0,
      restartAt: null,
    });
  });

  it('knows how to put back what it changes', () => {
    const { record } = plan({ cpus: 4, ttlSeconds: 0, idleStopSeconds: 60, name: 'shop' });
    expect(previousOf(vm, record)).toEqual({
      name: 'web',
      cpus: 2,
      ttlSeconds: 3600,
      expiresAt: vm.expiresAt,
      idleStopSeconds: null,
    });
  });
});

describe('pendingOf', () => {
  const running = (changes: Partial<Vm>): Vm =>
    ({ ...vm, machine: { shape: shapeOf(vm) }, ...changes }) as unknown as Vm;

  it('is nothing for a machine that has all, that is off, or of which it is not known', () => {
    expect(pendingOf(running({}))).toBeUndefined();
    expect(pendingOf({ ...vm, cpus: 4, machine: undefined })).toBeUndefined();
    expect(pendingOf(running({ cpus: 4, machine: {} as Vm['machine'] }))).toBeUndefined();
  });

  it('is what the record says and the machine does not have', () => {
    const changed = { cpus: 4, memoryMib: 2048, diskMib: 9000, name: 'shop', labels: {} };
    expect(pendingOf(running(changed))).toEqual({
      cpus: { now: 2, next: 4 },
      memoryMib: { now: 1024, next: 2048 },
      diskMib: { now: 8192, next: 9000 },
      hostName: { now: 'web', next: 'shop' },
    });
  });
});
