import { describe, expect, it } from 'vitest';
import type { ChaosHost } from './chaos-host.js';
import { announce, chosen, COMPLETE, faultsOf, stepsOf } from './plan.js';
import type { Change, PlannedFault } from './plan.js';

/** What an operation changes: a VM, an image. `State` is what a user can tell of it. */
export interface Subject<State extends string> {
  /** By the commands of a user: that they work shows that no fault before has left it in a dead end. */
  bring(to: State): Promise<void>;
  /** What became of it, seen by using it. Throws when it cannot be used, or lacks what was acknowledged. */
  outcome(): Promise<State>;
}

/** An operation that is interrupted at every change that it makes to the books. */
export interface Scenario<State extends string> {
  /** as the tests are called */
  readonly name: string;
  /** kind of the operation: its recording must have it */
  readonly kind: string;
  /** kind of the operation that ends last, where that is another one */
  readonly lastKind?: string;
  readonly from: State;
  /** asked for anew each time: a change of settings has to be another one than before */
  readonly command: () => readonly string[];
  /** what may become of the subject: what it was, or what it was going to be; an interrupted start is undone */
  readonly outcomes: readonly State[];
  /** faults in the sample that runs within `npm test`; none: it is not even recorded there */
  readonly sample: number;
}

export interface Recording<State extends string> extends Scenario<State> {
  readonly changes: readonly Change[];
  readonly faults: readonly PlannedFault[];
}

/**
 * Runs each operation once and undisturbed, while the tests are collected: a step that is new has its faults without
 * being listed anywhere. Prints the list.
 */
export async function recordAll<State extends string>(
  chaos: ChaosHost,
  subject: Subject<State>,
  scenarios: readonly Scenario<State>[],
): Promise<Recording<State>[]> {
  const recordings: Recording<State>[] = [];
  for (const scenario of scenarios.filter(({ sample }) => COMPLETE || sample > 0)) {
    await subject.bring(scenario.from);
    const changes = await chaos.record(scenario.command());
    const all = faultsOf(changes, scenario.kind);
    const faults = chosen(all, scenario.sample);
    announce(scenario.name, all, faults);
    recordings.push({ ...scenario, changes, faults });
  }
  return recordings;
}

/** One test per fault: the daemon is killed there, started again, and everything has to be in order. */
export function interruptEach<State extends string>(
  chaos: ChaosHost,
  subject: Subject<State>,
  recordings: readonly Recording<State>[],
): void {
  describe.each(recordings)('the daemon is killed in $name', (recording) => {
    const { kind, lastKind = kind, changes, faults, from, command, outcomes } = recording;

    it('has steps, and is recorded as done last of all', () => {
      expect(stepsOf(changes).length).toBeGreaterThan(0);
      expect(changes.at(-1)?.point).toBe(`operation ${lastKind} succeeded`);
    });

    it.each(faults)('$title', async (fault) => {
      await subject.bring(from);
      const before = await chaos.operations(kind);
      const asked = await chaos.strike(command(), fault);
      expect(asked, 'whoever asked is told that the daemon is gone').toMatchObject({ exitCode: 7 });
      await chaos.startDaemon();
      expect(await chaos.deviations()).toEqual([]);
      const recorded = (await chaos.operations(kind)).slice(before.length);
      expect(recorded).toEqual(fault.recordedAs === 'nothing' ? [] : [fault.recordedAs]);
      expect(outcomes).toContain(await subject.outcome());
    });
  });
}
