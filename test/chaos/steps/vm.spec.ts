import { afterAll } from 'vitest';
import { ChaosHost } from '../support/chaos-host.js';
import { ChaosVm } from '../support/chaos-vm.js';
import { createCommand } from '../support/commands.js';
import { interruptEach, recordAll } from '../support/interrupt.js';
import { vmScenarios } from '../support/vm-scenarios.js';

/* The daemon is killed at every change that an operation on a VM makes to its books, and started again. */
const chaos = await ChaosHost.create();
const vm = new ChaosVm(chaos, 'web', await createCommand(chaos.host.directory, 'web'));
const recordings = await chaos.prepare(() => recordAll(chaos, vm, vmScenarios(vm)));

afterAll(async () => {
  await vm.bring('absent');
  await chaos.host.assertClean();
  await chaos.close();
});

interruptEach(chaos, vm, recordings);
