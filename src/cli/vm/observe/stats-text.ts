import type { VmStatsView } from '../../../contract/vm-observation.dto.js';
import { condense, sparkline } from '../../render/sparkline.js';
import { renderTable } from '../../render/table.js';
import type { Column, LineStyles } from '../../render/table.js';
import { escapeControls, formatAge, formatShort } from '../../render/text.js';

const UNKNOWN = '-';
const GRAPH_COLUMNS = 60;

const COLUMNS: readonly Column[] = [
  { title: 'NAME', shrinkTo: 8 },
  { title: 'CPU', align: 'right' },
  { title: 'RSS', align: 'right' },
  { title: 'PSS', align: 'right' },
  { title: 'GUEST', align: 'right' },
  { title: 'READ', align: 'right' },
  { title: 'WRITE', align: 'right' },
  { title: 'DISK', align: 'right' },
  { title: 'IN', align: 'right' },
  { title: 'OUT', align: 'right' },
  { title: 'UP', align: 'right' },
];

/** One line for each VM, the sums since it was started. */
export function renderStats(
  views: readonly VmStatsView[],
  width: number | undefined,
  styles?: LineStyles,
): string {
  const rows = views.map(({ name, cpu, memory, disk, network, uptimeSeconds }) => [
    escapeControls(name),
    percent(cpu?.percent),
    bytes(memory?.residentBytes),
    bytes(memory?.proportionalBytes),
    bytes(memory?.guestUsedBytes),
    bytes(disk?.readBytes),
    bytes(disk?.writeBytes),
    bytes(disk?.allocatedBytes),
    bytes(network?.receivedBytes),
    bytes(network?.sentBytes),
    uptimeSeconds === undefined ? UNKNOWN : formatAge(uptimeSeconds * 1000),
  ]);
  return renderTable(COLUMNS, rows, width, styles);
}

type Figure = readonly [title: string, values: readonly (number | null)[], show: (value: number) => string];

/** What a VM used in the past, drawn. */
export function renderHistory(view: VmStatsView): string {
  const { history, cpus, memoryMib } = view;
  if (history === undefined || history.at.length === 0)
    return `${escapeControls(view.name)}: no figures yet\n`;
  const rate = (value: number): string => `${formatShort(value)}/s`;
  const shareOfCpus = history.cpuCores.map((cores) => (cores === null ? null : (cores / cpus) * 100));
  const figures: Figure[] = [
    ['cpu', shareOfCpus, percent],
    ['rss', history.residentBytes, formatShort],
    ['guest', history.guestUsedBytes, formatShort],
    ['read', history.diskReadRate, rate],
    ['write', history.diskWriteRate, rate],
    ['in', history.networkReceiveRate, rate],
    ['out', history.networkSendRate, rate],
  ];
  const bounds: Readonly<Record<string, number>> = {
    cpu: 100,
    rss: memoryMib * 1024 * 1024,
    guest: memoryMib * 1024 * 1024,
  };
  const seconds = ((history.at.at(-1) ?? 0) - (history.at[0] ?? 0)) / 1000;
  const lines = figures.map(([title, values, show]) => {
    const known = values.filter((value) => value !== null);
    if (known.length === 0) return `  ${title.padEnd(6)}not known\n`;
    const highest = Math.max(...known);
    const graph = sparkline(condense(values, GRAPH_COLUMNS), GRAPH_COLUMNS, bounds[title] ?? highest);
    return `  ${title.padEnd(6)}${graph}  now ${show(known.at(-1) ?? 0)}, at most ${show(highest)}\n`;
  });
  return `${escapeControls(view.name)}, the last ${formatAge(seconds * 1000)}\n${lines.join('')}`;
}

export function percent(value: number | undefined): string {
  if (value === undefined) return UNKNOWN;
  return `${value < 10 && value > 0 ? value.toFixed(1) : Math.round(value)}%`;
}

export function bytes(value: number | undefined): string {
  return value === undefined ? UNKNOWN : formatShort(value);
}
