import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { SessionView } from '../../../src/contract/index.js';
import { killProcess } from '../../support/processes.js';
import { TestHost } from '../../support/test-host.js';
import { expectNoDeviation, rounds, seededRandom, succeed } from './support.js';

/** `ms` that a start takes, roughly, on a machine that is not busy */
const START_MS = 1_200;

let host: TestHost;
beforeAll(async () => {
  host = await TestHost.create();
  await succeed(host, 'vm', 'create', '--name', 'web');
});
afterAll(async () => {
  await host.banger(['vm', 'delete', '--force', 'web']);
  await host.assertClean();
  await host.close();
});

it('a daemon that is killed while it starts a session leaves one that runs, or one that never began, and says which', async () => {
  const random = seededRandom();
  const script = 'echo begun; sleep 1; echo end';
  for (let round = 0; round < rounds(3, 40); round += 1) {
    const name = `round-${round}`;
    const daemon = await host.daemonPid();
    const starting = host.banger(['vm', 'session', 'start', '--name', name, 'web', '--', 'sh', '-c', script]);
    const afterMs = Math.round(random() * START_MS);
    await delay(afterMs);
    killProcess(daemon);
    const { exitCode, stderr } = await starting;
    const all = await host.json<SessionView[]>(['vm', 'session', 'list']);
    const found = all.filter((session) => session.name === name);
    console.log(`SIGKILL after ${afterMs} ms: ${exitCode}, ${found.map(({ state }) => state).join()}`);
    expect([0, 7], stderr).toContain(exitCode);
    expect(found.length).toBeLessThanOrEqual(1);
    if (exitCode === 0) expect(found).toHaveLength(1);
    if (found.length === 0) continue;
    const ended = await host.banger(['vm', 'session', 'wait', name]);
    const logs = await host.banger(['vm', 'session', 'logs', name]);
    const session = await host.json<SessionView>(['vm', 'session', 'show', name]);
    if (session.state === 'lost') {
      expect(session.reason).toBe('its start was cut off');
      expect([exitCode, ended.exitCode, logs.stdout]).toEqual([7, 11, '']);
    } else expect([ended.exitCode, logs.stdout]).toEqual([0, 'begun\nend\n']);
    await expectNoDeviation(host);
  }
});
