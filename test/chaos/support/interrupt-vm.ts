import { afterAll } from 'vitest';
import { ChaosHost } from './chaos-host.js';
import { ChaosVm } from './chaos-vm.js';
import type { VmOutcome } from './chaos-vm.js';
import { createCommand } from './commands.js';
import { interruptEach, recordAll } from './interrupt.js';
import type { Scenario } from './interrupt.js';

/** The daemon is killed at every change that an operation on a VM makes to its books, and started again. */
export async function interruptVm(scenarios: (vm: ChaosVm) => Scenario<VmOutcome>[]): Promise<void> {
  const chaos = await ChaosHost.create();
  const vm = new ChaosVm(chaos, 'web', await createCommand(chaos.host.directory, 'web'));
  const recordings = await chaos.prepare(() => recordAll(chaos, vm, scenarios(vm)));

  afterAll(async () => {
    await vm.bring('absent');
    await chaos.host.assertClean();
    await chaos.close();
  });

  interruptEach(chaos, vm, recordings);
}
