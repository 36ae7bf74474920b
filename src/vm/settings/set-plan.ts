import type { PublishedPort, VmSetParams } from '../../contract/index.js';
import type { VmChanges } from '../vm.repository.js';
import type { Vm } from '../vm.types.js';
import { lifeOf } from './life.js';

/** What a `vm.set` means for a VM as it is. */
export interface SetPlan {
  /** what is written down at once; empty when nothing of it changes */
  readonly record: VmChanges;
  /** all published ports, when they change */
  readonly ports: readonly PublishedPort[] | undefined;
  /** new sizes of disks, `MiB`, where they differ */
  readonly disks: Readonly<Partial<Record<GrowingDisk, number>>>;
}

export type GrowingDisk = 'diskMib' | 'workDiskMib';

/** @param now from when a new time to live counts */
export function planOf(vm: Vm, params: VmSetParams, now: Date): SetPlan {
  const labels = mergeLabels(vm.labels, params);
  const ports = mergePorts(vm.publishedPorts, params);
  return {
    record: {
      ...differing(vm, { name: params.name, cpus: params.cpus, memoryMib: params.memoryMib }),
      ...(!sameLabels(labels, vm.labels) && { labels }),
      ...lifeChanges(vm, params, now),
    },
    ports: samePorts(ports, vm.publishedPorts) ? undefined : ports,
    disks: differing(vm, { diskMib: params.diskMib, workDiskMib: params.workDiskMib }),
  };
}

/** What of the record is to be put back when a later step fails. */
export function previousOf(vm: Vm, record: VmChanges): VmChanges {
  return Object.fromEntries(
    Object.keys(record).map((key) => [key, vm[key as keyof Vm & keyof VmChanges] ?? null]),
  );
}

function differing<T extends object>(vm: Vm, wanted: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(
    Object.entries(wanted).filter(([key, value]) => value !== undefined && value !== vm[key as keyof Vm]),
  ) as { [K in keyof T]?: Exclude<T[K], undefined> };
}

/** A time to live counts anew each time that it is given; 0 takes it away. */
function lifeChanges(vm: Vm, params: VmSetParams, now: Date): VmChanges {
  const { ttlSeconds, expiresAt, idleStopSeconds, restartPolicy } = lifeOf(params, now);
  const policyChanges = params.restartPolicy !== undefined && restartPolicy !== vm.restartPolicy;
  return {
    ...(params.ttlSeconds !== undefined &&
      (ttlSeconds !== undefined || vm.expiresAt !== undefined) && {
        ttlSeconds: ttlSeconds ?? null,
        expiresAt: expiresAt ?? null,
      }),
    ...(params.idleStopSeconds !== undefined &&
      idleStopSeconds !== vm.idleStopSeconds && { idleStopSeconds: idleStopSeconds ?? null }),
    // What the old policy had in mind is no longer wanted.
    ...(policyChanges && { restartPolicy, restarts: 0, restartAt: null }),
  };
}

function mergeLabels(present: Vm['labels'], { labels, removeLabels = [] }: VmSetParams): Vm['labels'] {
  const kept = Object.entries(present).filter(([name]) => !removeLabels.includes(name));
  return { ...Object.fromEntries(kept), ...labels };
}

/** Each host port and protocol is there once: a new one takes the place of the old. */
function mergePorts(present: Vm['publishedPorts'], params: VmSetParams): PublishedPort[] {
  const { publishedPorts: added = [], removePorts = [], removeAllPorts = false } = params;
  const gone = new Set([...removePorts, ...added].map(portKey));
  return [...present.filter((port) => !removeAllPorts && !gone.has(portKey(port))), ...added];
}

function portKey({ hostPort, protocol }: Pick<PublishedPort, 'hostPort' | 'protocol'>): string {
  return `${hostPort}/${protocol}`;
}

function sameLabels(one: Vm['labels'], other: Vm['labels']): boolean {
  const names = Object.keys(one);
  return names.length === Object.keys(other).length && names.every((name) => one[name] === other[name]);
}

function samePorts(one: Vm['publishedPorts'], other: Vm['publishedPorts']): boolean {
  const key = (port: PublishedPort): string => `${port.hostAddress}:${portKey(port)} ${port.guestPort}`;
  const keys = new Set(other.map(key));
  return one.length === other.length && one.every((port) => keys.has(key(port)));
}
