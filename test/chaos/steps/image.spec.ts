import { afterAll } from 'vitest';
import { ChaosHost } from '../support/chaos-host.js';
import { ChaosImage } from '../support/chaos-image.js';
import { imageScenarios } from '../support/image-scenarios.js';
import { interruptEach, recordAll } from '../support/interrupt.js';

/* The daemon is killed at every change that the making of an image makes to its books, and started again. */
const chaos = await ChaosHost.create();
const image = new ChaosImage(chaos);
const recordings = await chaos.prepare(() => recordAll(chaos, image, imageScenarios(image.commands)));

afterAll(async () => {
  await image.bring('absent');
  await chaos.host.assertClean();
  await chaos.close();
});

interruptEach(chaos, image, recordings);
