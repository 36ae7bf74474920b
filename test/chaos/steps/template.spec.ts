import { afterAll } from 'vitest';
import { ChaosHost } from '../support/chaos-host.js';
import { ChaosTemplate } from '../support/chaos-template.js';
import { interruptEach, recordAll } from '../support/interrupt.js';
import { templateScenarios } from '../support/template-scenarios.js';

/* The daemon is killed at every change that the making of a template makes to its books, and started again. */
const chaos = await ChaosHost.create();
const template = new ChaosTemplate(chaos);
const recordings = await chaos.prepare(() =>
  recordAll(
    chaos,
    template,
    templateScenarios(() => template.warmCommand),
  ),
);

afterAll(async () => {
  await chaos.host.assertClean();
  await chaos.close();
});

interruptEach(chaos, template, recordings);
