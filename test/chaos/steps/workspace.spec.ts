import { afterAll } from 'vitest';
import { ChaosHost } from '../support/chaos-host.js';
import { ChaosWorkspace } from '../support/chaos-workspace.js';
import { interruptEach, recordAll } from '../support/interrupt.js';

/* The daemon is killed at every change that bringing a repository in, or work out, makes to its books. */
const chaos = await ChaosHost.create();
const workspace = new ChaosWorkspace(chaos);
const recordings = await chaos.prepare(async () => {
  await workspace.create();
  return recordAll(chaos, workspace, workspace.scenarios);
});

afterAll(async () => {
  await workspace.requireCleanGuest();
  await chaos.banger(['vm', 'delete', '--force', 'web']);
  await chaos.host.assertClean();
  await chaos.close();
});

interruptEach(chaos, workspace, recordings);
