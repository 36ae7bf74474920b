import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { OperationView, VmView } from '../../../src/contract/index.js';
import { REPOSITORY } from '../../support/repository.js';
import { TestHost } from '../../support/test-host.js';
import type { CommandResult } from '../../support/test-host.js';
import { expectNoDeviation } from './support.js';

const HOUR_MS = 3_600_000;

let host: TestHost;
let env: NodeJS.ProcessEnv;
beforeAll(async () => {
  host = await TestHost.create();
  env = {
    NODE_OPTIONS: `--require=${join(REPOSITORY, 'test/chaos/days/set-clock.cjs')}`,
    BANGER_CHAOS_CLOCK: join(host.directory, 'clock'),
  };
  setClock(0);
});
afterAll(async () => {
  await host.banger(['vm', 'delete', '--force', 'web'], { env });
  await host.assertClean();
  await host.close();
});

/** From now on the daemon's clock is this far off. */
function setClock(ms: number): void {
  writeFileSync(join(host.directory, 'clock'), String(ms));
}

async function succeed(...args: string[]): Promise<CommandResult> {
  const result = await host.banger(args, { env });
  expect(result, `banger ${args.join(' ')}`).toMatchObject({ exitCode: 0 });
  return result;
}

/** Sets the clock while a command is at a step. */
async function during(args: string[], step: string, clock: number): Promise<void> {
  const child = host.spawn(args, { stdio: ['ignore', 'ignore', 'pipe'], env });
  let text = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    if (!text.includes(step) && (text + chunk.toString()).includes(step)) setClock(clock);
    text += chunk.toString();
  });
  const exitCode = await new Promise((resolve) => child.once('close', resolve));
  expect(exitCode, text).toBe(0);
  expect(text, 'the moment came').toContain(step);
}

it('a clock that is set by hours, forward and back, in the middle of a boot and a stop, breaks nothing', async () => {
  await succeed('daemon', 'start');
  await during(['vm', 'create', '--cold', '--name', 'web'], 'booting', 5 * HOUR_MS);
  expect((await succeed('vm', 'exec', 'web', '--', 'echo', 'here')).stdout).toBe('here\n');
  setClock(-7 * HOUR_MS);
  expect((await succeed('vm', 'exec', 'web', '--', 'echo', 'still here')).stdout).toBe('still here\n');
  await during(['vm', 'stop', 'web'], 'shutting the guest down', 48 * HOUR_MS);
  const view = await host.json<VmView>(['vm', 'show', 'web'], { env });
  expect(view).toMatchObject({ state: 'stopped' });
  expect(view.error).toBeUndefined();
  setClock(-30 * HOUR_MS);
  await during(['vm', 'start', 'web'], 'booting', 30 * HOUR_MS);
  await succeed('vm', 'kill', 'web');
  const operations = await host.json<OperationView[]>(['operation', 'list', '--limit', '4'], { env });
  expect(operations.map(({ kind, state, warnings }) => [kind, state, warnings])).toEqual([
    ['vm.kill', 'succeeded', []],
    ['vm.start', 'succeeded', []],
    ['vm.stop', 'succeeded', []],
    ['vm.create', 'succeeded', []],
  ]);
  await expectNoDeviation(host);
});
