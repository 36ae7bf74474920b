import type { VmStatsHistory, VmStatsView } from '../../../contract/vm-observation.dto.js';
import { sparkline } from '../../render/sparkline.js';
import type { Style } from '../../render/style.js';
import { escapeControls, formatAge, formatShort, pad, truncate } from '../../render/text.js';
import { bytes, percent } from './stats-text.js';

export const SORTS = ['cpu', 'memory', 'disk', 'network', 'name'] as const;
export type Sort = (typeof SORTS)[number];

export interface TopFacts {
  readonly columns: number;
  readonly rows: number;
  readonly sort: Sort;
  readonly style: Style;
  /** `13:37:00` */
  readonly time: string;
  /** a remark instead of the keys, such as that nothing answers */
  readonly remark?: string | undefined;
}

const MIB = 1024 * 1024;
const MAX_GRAPH = 24;
const MIN_GRAPH = 6;
/** all columns but the name and the graphs, with the spaces between */
const FIGURES = [5, 5, 5, 6, 7, 5, 5, 4] as const;
const FIGURES_WIDTH = FIGURES.reduce((sum, width) => sum + width + 1, 0);

/** The whole screen: exactly so many rows, none wider than it. Pure. */
export function renderTop(views: readonly VmStatsView[], facts: TopFacts): string[] {
  const { columns, rows, style } = facts;
  const layout = layoutFor(views, columns);
  const shown = sortViews(views, facts.sort).slice(0, Math.max(0, rows - 3));
  const hidden = views.length - shown.length;
  const body = shown.map((view) => line(view, layout, style));
  if (views.length === 0)
    body.push(style.dim(truncate('no VM runs; start one: banger vm start NAME', columns)));
  if (hidden > 0 && body.length > 0) body[body.length - 1] = style.dim(`… and ${hidden + 1} more`);
  const lines = [title(views, facts), '', style.inverse(pad(header(layout, columns), columns)), ...body];
  const blank = Array.from({ length: Math.max(0, rows - lines.length) }, () => '');
  return [...lines, ...blank].slice(0, Math.max(0, rows));
}

interface Layout {
  readonly name: number;
  readonly graph: number;
}

/** The graphs take what is left, and give way first. */
function layoutFor(views: readonly VmStatsView[], columns: number): Layout {
  const longest = Math.max(4, ...views.map(({ name }) => name.length));
  const name = Math.max(4, Math.min(longest, 24, columns - FIGURES_WIDTH - 1));
  const each = Math.floor((columns - FIGURES_WIDTH - name - 3) / 2);
  return { name, graph: each < MIN_GRAPH ? 0 : Math.min(each, MAX_GRAPH) };
}

function title(views: readonly VmStatsView[], { columns, sort, style, time, remark }: TopFacts): string {
  const cores = views.reduce((sum, { cpu }) => sum + (cpu?.cores ?? 0), 0);
  const resident = views.reduce((sum, { memory }) => sum + (memory?.residentBytes ?? 0), 0);
  const count = views.length === 1 ? '1 VM' : `${views.length} VMs`;
  const left = `banger  ${time}  ${count}, ${cores.toFixed(1)} CPUs busy, ${formatShort(resident)} of memory`;
  const right = remark ?? `q quit  s sort: ${sort}`;
  const space = columns - left.length - right.length;
  if (space < 2) return style.bold(truncate(remark ?? left, columns));
  return `${style.bold(left)}${' '.repeat(space)}${remark === undefined ? style.dim(right) : style.yellow(right)}`;
}

function header({ name, graph }: Layout, columns: number): string {
  const cells = ['CPU', 'RSS', 'GUEST', 'READ/s', 'WRITE/s', 'IN/s', 'OUT/s', 'UP'];
  const right = cells.map((cell, index) => cell.padStart(FIGURES[index] ?? 0).slice(-(FIGURES[index] ?? 0)));
  const [cpu = '', rss = '', guest = '', ...rest] = right;
  const graphs = graph === 0 ? ['', ''] : [` ${pad('2 min', graph)}`, ` ${pad('2 min', graph)}`];
  const text = `${pad('NAME', name)} ${cpu}${graphs[0] ?? ''} ${rss} ${guest}${graphs[1] ?? ''} ${rest.join(' ')}`;
  return truncate(text, columns);
}

function line(view: VmStatsView, { name, graph }: Layout, style: Style): string {
  const { cpu, memory, history, cpus, memoryMib, uptimeSeconds } = view;
  const cell = (text: string, index: number): string => text.padStart(FIGURES[index] ?? 0);
  const cpuGraph = graph === 0 ? '' : ` ${sparkline(history?.cpuCores ?? [], graph, cpus)}`;
  const used = memorySeries(history);
  const memoryGraph = graph === 0 ? '' : ` ${sparkline(used, graph, memoryMib * MIB)}`;
  const rest = [
    rate(history?.diskReadRate),
    rate(history?.diskWriteRate),
    rate(history?.networkReceiveRate),
    rate(history?.networkSendRate),
    uptimeSeconds === undefined ? '-' : formatAge(uptimeSeconds * 1000),
  ].map((text, index) => cell(text, index + 3));
  const colour = colourOf(cpu?.percent, style);
  return [
    style.bold(pad(truncate(escapeControls(view.name), name), name)),
    colour(cell(percent(cpu?.percent), 0)) + style.cyan(cpuGraph),
    cell(bytes(memory?.residentBytes), 1),
    cell(bytes(memory?.guestUsedBytes), 2) + style.magenta(memoryGraph),
    ...rest,
  ].join(' ');
}

/** What the guest uses; what it costs the host where the guest does not tell. */
function memorySeries(history: VmStatsHistory | undefined): readonly (number | null)[] {
  if (history === undefined) return [];
  const told = history.guestUsedBytes.some((value) => value !== null);
  return told ? history.guestUsedBytes : history.residentBytes;
}

function rate(series: readonly (number | null)[] | undefined): string {
  const newest = series?.at(-1) ?? undefined;
  return newest === undefined ? '-' : formatShort(newest);
}

function colourOf(share: number | undefined, style: Style): (text: string) => string {
  if (share === undefined || share < 1) return style.dim;
  if (share < 50) return style.green;
  return share < 90 ? style.yellow : style.red;
}

function sortViews(views: readonly VmStatsView[], sort: Sort): VmStatsView[] {
  const newest = (series: readonly (number | null)[] | undefined): number => series?.at(-1) ?? 0;
  const key = (view: VmStatsView): number => {
    const { cpu, memory, history } = view;
    switch (sort) {
      case 'cpu':
        return cpu?.cores ?? 0;
      case 'memory':
        return memory?.residentBytes ?? 0;
      case 'disk':
        return newest(history?.diskReadRate) + newest(history?.diskWriteRate);
      case 'network':
        return newest(history?.networkReceiveRate) + newest(history?.networkSendRate);
      case 'name':
        return 0;
    }
  };
  return views.toSorted((a, b) => key(b) - key(a) || a.name.localeCompare(b.name));
}
