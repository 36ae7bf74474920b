import { afterAll } from 'vitest';
import { ChaosHost } from '../support/chaos-host.js';
import { ChaosPull } from '../support/chaos-pull.js';
import { interruptEach, recordAll } from '../support/interrupt.js';
import { pullScenario } from '../support/making-scenarios.js';

/* The daemon is killed at every change that a pull makes to its books, and started again. */
const chaos = await ChaosHost.create();
const pull = await ChaosPull.start(chaos);
const recordings = await chaos.prepare(
  () => recordAll(chaos, pull, [pullScenario(() => pull.command)]),
  () => pull.close(),
);

afterAll(async () => {
  await pull.bring('absent');
  await chaos.host.assertClean();
  await chaos.close();
  await pull.close();
});

interruptEach(chaos, pull, recordings);
