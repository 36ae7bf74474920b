import { afterAll, describe, expect, it } from 'vitest';
import { createCommand } from '../support/commands.js';
import { ChaosHost } from '../support/chaos-host.js';
import { ChaosVm } from '../support/guest.js';
import { announce, chosen, faultsOf, stepsOf } from '../support/plan.js';
import { SCENARIOS } from '../support/scenarios.js';
import type { Scenario } from '../support/scenarios.js';

/*
 * The daemon is killed at every change that an operation makes to its books, and started again. What the operations
 * write is recorded first, here, while the tests are collected: a step that is new has its faults without being listed.
 */
const chaos = await ChaosHost.create();
const vm = new ChaosVm(chaos, 'web', await createCommand(chaos.host.directory, 'web'));
const recordings = await chaos.prepare(async () => {
  const recorded = [];
  for (const scenario of SCENARIOS) recorded.push(await record(scenario));
  return recorded;
});

async function record(scenario: Scenario) {
  await vm.bring(scenario.from);
  const changes = await chaos.record(scenario.args(vm));
  const all = faultsOf(changes, scenario.kind);
  const faults = chosen(all, scenario.sample);
  announce(scenario.name, all, faults);
  return { ...scenario, changes, faults };
}

afterAll(async () => {
  await vm.bring('absent');
  await chaos.host.assertClean();
  await chaos.close();
});

describe.each(recordings)(
  'the daemon is killed in $name',
  ({ kind, changes, faults, from, args, outcomes }) => {
    it('has steps, and is recorded as done last of all', () => {
      expect(stepsOf(changes).length).toBeGreaterThan(0);
      expect(changes.at(-1)?.point).toBe(`operation ${kind} succeeded`);
    });

    it.each(faults)('$title', async (fault) => {
      await vm.bring(from);
      const before = await chaos.operations(kind);
      const asked = await chaos.strike(args(vm), fault);
      expect(asked, 'whoever asked is told that the daemon is gone').toMatchObject({ exitCode: 7 });
      await chaos.startDaemon();
      expect(await chaos.deviations()).toEqual([]);
      const recorded = (await chaos.operations(kind)).slice(before.length);
      expect(recorded).toEqual(fault.recordedAs === 'nothing' ? [] : [fault.recordedAs]);
      expect(outcomes).toContain(await vm.outcome());
    });
  },
);
