import { isGone, parseProcStat } from './proc-stat.js';

/** What a process has used, by the kernel's books. */
export interface ProcessUsage {
  /** `R`, `S`, …; `T` is stopped by a signal, `D` waits for the disk and cannot be interrupted */
  readonly state: string;
  /** `s` of CPU time in user and kernel mode since its start, to a hundredth */
  readonly cpuSeconds: number;
  /** `bytes` of host memory that it has in hand, shared pages counted in full; exact to a few pages per thread */
  readonly residentBytes: number;
}

/** USER_HZ, the unit that the kernel shows to programs: 100 on every architecture that banger runs on. */
const TICKS_PER_SECOND = 100;
const PAGE_BYTES = 4096;

/** Of a line of /proc/PID/stat; undefined when the line is none, or that of another process or a zombie. */
export function parseProcUsage(line: string, startTicks: number): ProcessUsage | undefined {
  const stat = parseProcStat(line);
  if (stat === undefined || stat.startTicks !== startTicks || isGone(stat)) return undefined;
  // [0] is field 3 of proc(5)
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ');
  const cpuTicks = Number(fields[11]) + Number(fields[12]);
  const pages = Number(fields[21]);
  if (!Number.isSafeInteger(cpuTicks) || !Number.isSafeInteger(pages)) return undefined;
  return { state: stat.state, cpuSeconds: cpuTicks / TICKS_PER_SECOND, residentBytes: pages * PAGE_BYTES };
}

/** `bytes` of the Pss line of smaps_rollup; undefined when there is none. */
export function parsePss(rollup: string): number | undefined {
  const [, kib] = /^Pss: +(\d+) kB$/m.exec(rollup) ?? [];
  return kib === undefined ? undefined : Number(kib) * 1024;
}
