/** All of them on request: `npm run test:chaos`. Else a few of each operation, always the same. */
export const COMPLETE = process.env['BANGER_CHAOS'] === 'all';

/** One change that a daemon made to its books while nothing happened to it. */
export interface Change {
  /** `step guest.boot begins`: the same in every run */
  readonly point: string;
  /** whether it did something outside of the books since the change before */
  readonly afterEffect: boolean;
}

/** Where the daemon is killed: right before or after the nth change of this name that it makes to its books. */
export interface FaultPoint {
  readonly point: string;
  readonly nth: number;
  readonly when: 'before' | 'after';
}

/** What has become of the operation's own record when it was interrupted. */
export type RecordedAs = 'nothing' | 'interrupted' | 'succeeded';

export interface PlannedFault extends FaultPoint {
  /** `after step guest.boot begins`, as the tests are called */
  readonly title: string;
  readonly recordedAs: RecordedAs;
}

/**
 * The faults of an operation, from its recording: nothing is listed by hand. After each change, and before it when
 * something was done since the change before; without that, right before one is the same as right after the other.
 */
export function faultsOf(changes: readonly Change[], kind?: string): PlannedFault[] {
  const points = changes.map(({ point }) => point);
  const begins = points.indexOf(`operation ${kind} begins`);
  const succeeded = points.indexOf(`operation ${kind} succeeded`);
  const counts = new Map<string, number>();
  return changes.flatMap(({ point, afterEffect }, at) => {
    const nth = (counts.get(point) ?? 0) + 1;
    counts.set(point, nth);
    const moments = afterEffect || at === 0 ? (['before', 'after'] as const) : (['after'] as const);
    return moments.map((when) => {
      const written = when === 'after' ? at : at - 1;
      const recordedAs = written >= succeeded ? 'succeeded' : written >= begins ? 'interrupted' : 'nothing';
      return { point, nth, when, recordedAs, title: `${when} ${point}${nth === 1 ? '' : ` (${nth}.)`}` };
    });
  });
}

/** Steps that a recorded operation went through. */
export function stepsOf(changes: readonly Change[]): string[] {
  return changes.flatMap(({ point }) => /^step (\S+) begins$/.exec(point)?.[1] ?? []);
}

/** The faults of this run: all, or `count` evenly spread over the whole operation. */
export function chosen(faults: readonly PlannedFault[], count: number): PlannedFault[] {
  if (COMPLETE || count >= faults.length) return [...faults];
  const spread = Array.from({ length: count }, (_, at) => Math.floor(((at + 0.5) * faults.length) / count));
  return faults.filter((_, at) => spread.includes(at));
}

/** Prints the faults of an operation, those that this run injects marked, and their count. */
export function announce(name: string, all: readonly PlannedFault[], run: readonly PlannedFault[]): void {
  const list = all.map((fault) => `  ${run.includes(fault) ? '*' : ' '} ${fault.title}`).join('\n');
  console.log(`${name}: ${all.length} faults, ${run.length} of them in this run\n${list}`);
}
