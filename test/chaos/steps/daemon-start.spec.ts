import { afterAll, describe, expect, it } from 'vitest';
import { ChaosHost } from '../support/chaos-host.js';
import { ChaosVm } from '../support/chaos-vm.js';
import type { VmOutcome } from '../support/chaos-vm.js';
import { createCommand } from '../support/commands.js';
import { announce, chosen, COMPLETE, faultsOf } from '../support/plan.js';
import type { FaultPoint } from '../support/plan.js';

/* What a daemon's start undoes can be interrupted too: by a second kill, at every change that it makes to the books. */

interface BrokenOperation {
  readonly name: string;
  readonly from: VmOutcome;
  readonly command: readonly string[];
  /** where the first daemon is killed: late enough that the second has something of everything to undo */
  readonly broken: FaultPoint;
  readonly outcomes: readonly VmOutcome[];
  readonly sample: number;
}

const chaos = await ChaosHost.create();
const vm = new ChaosVm(chaos, 'web', await createCommand(chaos.host.directory, 'web'));
const after = (point: string): FaultPoint => ({ point, nth: 1, when: 'after' });
const OPERATIONS: readonly BrokenOperation[] = [
  {
    name: 'a creation',
    from: 'absent',
    command: vm.createCommand,
    broken: after('step guest.adopt begins'),
    outcomes: ['absent'],
    sample: 2,
  },
  {
    name: 'a stop',
    from: 'running',
    command: ['vm', 'stop', 'web'],
    broken: after('step machine.end begins'),
    outcomes: ['stopped'],
    sample: 1,
  },
  {
    name: 'a start',
    from: 'stopped',
    command: ['vm', 'start', 'web'],
    broken: after('step guest.boot begins'),
    outcomes: ['stopped'],
    sample: 0,
  },
  {
    name: 'a deletion',
    from: 'stopped',
    command: ['vm', 'delete', 'web'],
    broken: after('Vm: deleting'),
    outcomes: ['absent'],
    sample: 0,
  },
];

/** Of something that is on the machine: struck off too early, and it would have no owner. */
const isTelling = ({ when, point }: FaultPoint): boolean =>
  when === 'after' && /^ledger: (?:process|directory) .* is struck off$/.test(point);

const recordings = await chaos.prepare(async () => {
  const recorded = [];
  for (const operation of OPERATIONS.filter(({ sample }) => COMPLETE || sample > 0)) {
    await vm.bring(operation.from);
    await chaos.strike(operation.command, operation.broken);
    const all = faultsOf(await chaos.recordStart());
    const faults = COMPLETE ? all : chosen(all.filter(isTelling), operation.sample);
    announce(`start of the daemon after ${operation.name}`, all, faults);
    recorded.push({ ...operation, faults });
  }
  return recorded;
});

afterAll(async () => {
  await vm.bring('absent');
  await chaos.host.assertClean();
  await chaos.close();
});

describe.each(recordings)(
  'the daemon is killed while it undoes $name that was interrupted',
  ({ from, command, broken, outcomes, faults }) => {
    it('has something to undo', () => {
      expect(faults.length).toBeGreaterThan(0);
    });

    it.each(faults)('$title', async (fault) => {
      await vm.bring(from);
      await chaos.strike(command, broken);
      expect((await chaos.strikeStart(fault)).exitCode, 'a start that failed is told').not.toBe(0);
      await chaos.startDaemon();
      expect(await chaos.deviations()).toEqual([]);

      expect(outcomes).toContain(await vm.outcome());
    });
  },
);
