import { afterAll, expect, it } from 'vitest';
import type { VmView } from '../../../src/contract/index.js';
import { ChaosHost } from '../support/chaos-host.js';
import { checkFileSystems } from '../support/file-systems.js';
import { interruptEach, recordAll } from '../support/interrupt.js';
import { MadeImage } from '../support/made-image.js';
import { promoteScenario } from '../support/making-scenarios.js';

/* The daemon is killed at every change that a promotion makes to its books, and started again. */
const chaos = await ChaosHost.create();
const promoted = new MadeImage(chaos, 'promoted', ['image', 'promote', 'web', 'promoted'], {
  view: { source: { kind: 'promote', reference: 'web' } },
  file: ['/etc/mark', 'written in the machine'],
});
const recordings = await chaos.prepare(async () => {
  await chaos.succeed(['vm', 'create', '--name', 'web', '--memory', '256m']);
  const write = 'echo written in the machine > /etc/mark';
  await chaos.succeed(['vm', 'exec', 'web', '--', 'sh', '-c', write]);
  await chaos.succeed(['vm', 'stop', 'web']);
  return recordAll(chaos, promoted, [promoteScenario(() => promoted.command)]);
});

afterAll(async () => {
  await promoted.bring('absent');
  await chaos.banger(['vm', 'delete', 'web']);
  await chaos.host.assertClean();
  await chaos.close();
});

interruptEach(chaos, promoted, recordings);

it('leaves the machine as it was', async () => {
  const vm = await chaos.json<VmView>(['vm', 'show', 'web']);
  expect(vm.state).toBe('stopped');
  expect(await checkFileSystems(chaos.host, vm.id)).toMatchObject({ damage: [] });
});
