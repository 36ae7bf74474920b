/** The fields of /proc/PID/stat that tell processes apart. */
export interface ProcStat {
  /** `R`, `S`, …; `Z` is a zombie, `X` is dead */
  readonly state: string;
  readonly processGroup: number;
  /** clock ticks since boot */
  readonly startTicks: number;
}

/**
 * Counts fields from the LAST parenthesis: field 2 is the program's name as the program itself chose it,
 * and may hold spaces and parentheses. Undefined for what is no stat line.
 */
export function parseProcStat(line: string): ProcStat | undefined {
  const nameEnd = line.lastIndexOf(')');
  if (nameEnd < 0) return undefined;
  // [0] is field 3 of proc(5)
  const fields = line.slice(nameEnd + 2).split(' ');
  const state = fields[0] ?? '';
  const processGroup = Number(fields[2]);
  const startTicks = Number(fields[19]);
  if (state === '' || !Number.isSafeInteger(processGroup) || !Number.isSafeInteger(startTicks))
    return undefined;
  return { state, processGroup, startTicks };
}

/** A zombie holds no resource but its number: it counts as gone. */
export function isGone(stat: ProcStat): boolean {
  return stat.state === 'Z' || stat.state === 'X' || stat.state === 'x';
}
