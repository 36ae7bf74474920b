import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ImageView, OperationView, VmView } from '../../../src/contract/index.js';
import { TestHost } from '../../support/test-host.js';
import type { CommandResult } from '../../support/test-host.js';
import { expectNoDeviation, rounds, seededRandom, succeed } from './support.js';

/** `ms`: two commands that wait for each other would never come back */
const LIMIT_MS = 120_000;

/** Exit codes of a command that another one was quicker than: not found, conflict, cancelled. */
const REFUSED = [3, 4, 130];

const ACTIONS = {
  start: ['vm', 'start', 'web'],
  stop: ['vm', 'stop', 'web'],
  restart: ['vm', 'restart', 'web'],
  kill: ['vm', 'kill', 'web'],
  set: ['vm', 'set', 'web', '--label', 'a=b', '--disk', '9g'],
  delete: ['vm', 'delete', '--force', 'web'],
} as const;
type Action = keyof typeof ACTIONS;

describe('opposite commands at once', () => {
  let host: TestHost;
  beforeAll(async () => {
    host = await TestHost.create();
  });
  afterEach(async () => {
    await expectNoDeviation(host);
    expect(host.rows("SELECT id, kind FROM Operation WHERE state = 'running'")).toEqual([]);
  });
  afterAll(async () => {
    await host.banger(['vm', 'delete', '--force', 'web']);
    await host.assertClean();
    await host.close();
  });

  async function bringUp(): Promise<void> {
    const vms = await host.json<VmView[]>(['vm', 'list']);
    if (vms.length === 0) await succeed(host, 'vm', 'create', '--name', 'web', '--memory', '256m');
    else await succeed(host, 'vm', 'start', 'web');
  }

  /** All come back; each has done its work or says who was quicker, and what to do. */
  async function atOnce(actions: readonly Action[]): Promise<CommandResult[]> {
    const results = await Promise.all(
      actions.map((action) => host.banger(ACTIONS[action], { timeoutMs: LIMIT_MS })),
    );
    results.forEach((result, index) => {
      const what = `${actions[index]} of ${actions.join(', ')}: ${result.stderr}`;
      expect(result.signal, what).toBeNull();
      if (result.exitCode === 0) return;
      expect(REFUSED, what).toContain(result.exitCode);
      expect(result.stderr, what).toMatch(/fix: |cancelled/);
    });
    return results;
  }

  it.each([
    [['restart', 'restart', 'kill', 'stop', 'delete']],
    [['stop', 'stop', 'set', 'kill', 'kill']],
    [['delete', 'delete', 'restart', 'set', 'start']],
  ] as const)('%j leave a VM that can be used, or none', async (actions) => {
    await bringUp();
    await atOnce(actions);
    await expectNoDeviation(host);
    await bringUp();
    await succeed(host, 'vm', 'exec', 'web', '--', 'true');
  });

  it('any five of them, again and again', async () => {
    const random = seededRandom();
    const names = Object.keys(ACTIONS) as Action[];
    for (let round = 0; round < rounds(1, 20); round += 1) {
      await bringUp();
      await atOnce(Array.from({ length: 5 }, () => names[Math.floor(random() * names.length)] ?? 'stop'));
      await expectNoDeviation(host);
    }
  });

  it('a creation and the deletion of its image: one of them is refused', async () => {
    await host.banger(['vm', 'delete', '--force', 'web']);
    const [image] = await host.json<ImageView[]>(['image', 'list']);
    const [created, removed] = await Promise.all([
      host.banger(['vm', 'create', '--name', 'web', '--memory', '256m']),
      host.banger(['image', 'delete', image?.name ?? '']),
    ]);
    expect(
      [created.exitCode === 0, removed.exitCode === 0].toSorted(),
      created.stderr + removed.stderr,
    ).toEqual([false, true]);
    const ended = await host.json<OperationView[]>(['operation', 'list', '--limit', '1000']);
    expect(ended.filter(({ state }) => state === 'running')).toEqual([]);
  });
});
