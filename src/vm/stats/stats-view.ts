import type { VmMemoryStats, VmStatsHistory, VmStatsView } from '../../contract/index.js';
import type { Vm } from '../vm.types.js';
import type { SamplePoint, Series } from './sample-ring.js';
import type { VmSample } from './vm-meter.js';

interface StatsFacts {
  readonly isRunning: boolean;
  readonly proportionalBytes: number | undefined;
  readonly networkSource: 'host' | 'guest';
  readonly history: readonly SamplePoint[] | undefined;
}

/** The public form of a VM's figures. */
export function toStatsView(vm: Vm, sample: VmSample | undefined, facts: StatsFacts): VmStatsView {
  const { id, name, state, cpus, memoryMib, startedAt } = vm;
  const base = {
    id,
    name,
    state,
    cpus,
    memoryMib,
    ...(facts.isRunning &&
      startedAt !== undefined && {
        uptimeSeconds: Math.max(0, Math.round((Date.now() - startedAt.getTime()) / 1000)),
      }),
    ...(facts.history !== undefined && { history: toHistory(facts.history) }),
  };
  if (sample === undefined || !facts.isRunning) return base;
  const { cpuCores, disk, network, allocatedBytes } = sample;
  return {
    ...base,
    sampledAt: new Date(sample.at).toISOString(),
    cpu: {
      seconds: sample.cpuSeconds,
      ...(cpuCores !== undefined && {
        cores: round(cpuCores, 1000),
        percent: round((cpuCores / cpus) * 100, 10),
      }),
    },
    memory: memoryOf(sample, facts.proportionalBytes),
    disk: { ...disk, ...(allocatedBytes !== undefined && { allocatedBytes }) },
    ...(network !== undefined && { network: { ...network, source: facts.networkSource } }),
  };
}

function memoryOf(
  { residentBytes, guestMemory }: VmSample,
  proportionalBytes: number | undefined,
): VmMemoryStats {
  return {
    residentBytes,
    ...(proportionalBytes !== undefined && { proportionalBytes }),
    ...(guestMemory !== undefined && {
      guestUsedBytes: guestMemory.totalBytes - guestMemory.availableBytes,
      guestTotalBytes: guestMemory.totalBytes,
    }),
  };
}

function toHistory(points: readonly SamplePoint[]): VmStatsHistory {
  const column = (series: Series, precision = 1): (number | null)[] =>
    points.map((point) => (Number.isNaN(point[series]) ? null : round(point[series], precision)));
  return {
    at: points.map(({ at }) => at),
    cpuCores: column('cpuCores', 1000),
    residentBytes: column('residentBytes'),
    guestUsedBytes: column('guestUsedBytes'),
    diskReadRate: column('diskReadRate'),
    diskWriteRate: column('diskWriteRate'),
    networkReceiveRate: column('networkReceiveRate'),
    networkSendRate: column('networkSendRate'),
  };
}

function round(value: number, precision: number): number {
  return Math.round(value * precision) / precision;
}
