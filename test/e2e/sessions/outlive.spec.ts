import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SessionView, VmForkView, VmView } from '../../../src/contract/index.js';
import { PseudoTerminal } from '../../support/pseudo-terminal.js';
import { startSession } from '../../support/start-session.js';
import { collect, TestHost } from '../../support/test-host.js';

/** In the guest: ends what counts. */
const ENOUGH = '/run/enough';
/** A number each 100 ms, by one process of the guest, until it is told that there are enough. */
const COUNTING = [
  'perl',
  '-e',
  `$| = 1; until (-e "${ENOUGH}") { print ++$_, "\\n"; select(undef, undef, undef, 0.1) }`,
];
const numbers = (last: number): string => Array.from({ length: last }, (_, at) => `${at + 1}\n`).join('');

describe('sessions', () => {
  let host: TestHost;
  beforeAll(async () => {
    host = await TestHost.create();
    await host.json(['vm', 'create', '--name', 'long', '--memory', '256m']);
  });
  afterAll(async () => {
    const vms = await host.json<VmView[]>(['vm', 'list']);
    await host.banger(['vm', 'delete', '--force', ...vms.map(({ name }) => name)]);
    await host.assertClean();
    expect(host.rows('SELECT id FROM Session')).toEqual([]);
    await host.close();
  });

  const session = (...words: string[]) => host.banger(['vm', 'session', ...words], { timeoutMs: 120_000 });
  const start = (name: string, command: string[], ...options: string[]): Promise<SessionView> =>
    startSession(host, ['--name', name, ...options, 'long'], command);
  const show = (ref: string): Promise<SessionView> => host.json(['vm', 'session', 'show', ref]);

  /** All of its output, which is the numbers from 1 on without a gap or a repetition. @returns how many */
  async function counted(ref: string): Promise<number> {
    const { stdout, exitCode } = await session('logs', ref);
    expect(exitCode).toBe(0);
    const count = stdout.split('\n').length - 1;
    expect(stdout).toBe(numbers(count));
    return count;
  }

  it('go on over a daemon that is killed, and so does whoever follows, waits or is attached', async () => {
    await start('count', COUNTING);
    const follower = collect(
      host.spawn(['vm', 'session', 'logs', '-f', 'count'], { stdio: 'pipe' }),
      120_000,
    );
    const waiter = collect(host.spawn(['vm', 'session', 'wait', 'count'], { stdio: 'pipe' }), 120_000);
    const attached = new PseudoTerminal(`${host.launcher} vm session attach count`, host.env);
    await attached.shows(/\b12\r?\n/);
    process.kill(await host.daemonPid(), 'SIGKILL');
    await delay(2_000);
    // the next daemon
    expect(await show('long/count')).toMatchObject({ state: 'running', vm: 'long' });
    const meanwhile = await counted('count');
    expect(meanwhile).toBeGreaterThan(12 + 10);
    await attached.shows(new RegExp(`\\b${meanwhile + 5}\\r?\\n`));
    await host.banger(['vm', 'exec', 'long', '--', 'touch', ENOUGH]);
    const { exitCode, stdout } = await follower;
    const last = Number(stdout.trim().split('\n').at(-1));
    expect(last).toBeGreaterThan(meanwhile);
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: numbers(last) });
    expect(await waiter).toMatchObject({ exitCode: 0 });
    expect(await attached.ended()).toEqual({ status: 0, restored: true });
    const shown = attached.output.replaceAll('\r', '');
    expect(shown.slice(shown.indexOf('1\n')).match(/^\d+$/gm)?.join('\n')).toBe(numbers(last).trim());
    expect(await counted('count')).toBe(last);
    expect(await host.json<SessionView[]>(['vm', 'session', 'list', 'long'])).toHaveLength(1);
  });

  it('go on in each copy of their VM under ids of their own, in one that is suspended, and one that goes back', async () => {
    await host.banger(['vm', 'exec', 'long', '--', 'rm', ENOUGH]);
    const parent = await start('forked', COUNTING);
    await delay(1_000);
    const { copies } = await host.json<VmForkView>(['vm', 'fork', 'long', '--count', '2']);
    const refs = ['long/forked', 'long-1/forked', 'long-2/forked'];
    // of a copy's sessions the daemon knows when the copy has told of them
    for (const ref of refs)
      await expect.poll(async () => (await session('show', ref)).exitCode, { timeout: 30_000 }).toBe(0);
    const views = await Promise.all(refs.map(show));
    expect(new Set(views.map(({ id }) => id)).size).toBe(3);
    expect(views.map(({ id, vm, state }) => [id === parent.id, vm, state])).toEqual([
      [true, 'long', 'running'],
      [false, 'long-1', 'running'],
      [false, 'long-2', 'running'],
    ]);
    expect(copies).toHaveLength(2);
    for (const ref of refs) {
      const before = await counted(ref);
      await expect.poll(() => counted(ref), { timeout: 30_000, interval: 500 }).toBeGreaterThan(before + 5);
    }

    await host.json(['vm', 'snapshot', 'create', 'long-1', 'then']);
    const then = await counted(refs[1] ?? '');
    await delay(2_000);
    await host.json(['vm', 'snapshot', 'restore', '--force', 'long-1', 'then']);
    await host.json(['vm', 'resume', 'long-1']);
    // until the VM tells of it again it is one of a VM that was stopped
    await expect
      .poll(async () => (await show(refs[1] ?? '')).state, { timeout: 30_000, interval: 500 })
      .toBe('running');
    await expect
      .poll(() => counted(refs[1] ?? ''), { timeout: 30_000, interval: 500 })
      .toBeGreaterThan(then + 5);

    // suspended, it stands still; a stop wakes it
    await host.json(['vm', 'suspend', 'long-2']);
    const still = await counted(refs[2] ?? '');
    expect(await show(refs[2] ?? '')).toMatchObject({ state: 'running' });
    expect(await session('stop', refs[2] ?? '')).toMatchObject({ exitCode: 0 });
    expect(await show(refs[2] ?? '')).toMatchObject({ state: 'exited', signal: 'TERM' });
    expect(await counted(refs[2] ?? '')).toBeGreaterThanOrEqual(still);
    await host.json(['vm', 'delete', '--force', 'long-2']);
    expect(await session('show', refs[2] ?? '')).toMatchObject({ exitCode: 3 });
  });

  it('are lost with a VM that is stopped or killed, and keep what they have written', async () => {
    const before = await counted('long/forked');
    await Promise.all([host.json(['vm', 'kill', 'long']), host.json(['vm', 'stop', 'long-1'])]);
    expect(await show('long/forked')).toMatchObject({
      state: 'lost',
      reason: 'the VM was stopped, and it ended with that',
    });
    expect(await session('wait', 'long/forked')).toMatchObject({ exitCode: 125 });
    expect(await counted('long/forked')).toBeGreaterThanOrEqual(before);
    expect(await session('attach', 'long/forked')).toMatchObject({
      exitCode: 125,
      stderr: expect.stringContaining('does not run any more'),
    });
    // one that is deleted while its VM is down does not come back with it
    expect(await session('delete', 'long/count')).toMatchObject({ exitCode: 0 });
    await host.json(['vm', 'start', 'long']);
    await start('again', ['true']);
    expect(await session('wait', 'long/again')).toMatchObject({ exitCode: 0 });
    const names = (await host.json<SessionView[]>(['vm', 'session', 'list', 'long'])).map(({ name }) => name);
    expect(names).toEqual(['forked', 'again']);
    expect(await counted('long/forked')).toBeGreaterThanOrEqual(before);
  });

  it('stop their VM at their end, when they were to', async () => {
    await start('last', ['sh', '-c', 'sleep 1; exit 5'], '--on-exit', 'stop-vm');
    expect(await session('wait', 'long/last')).toMatchObject({ exitCode: 5 });
    await expect
      .poll(async () => (await host.json<VmView>(['vm', 'show', 'long'])).state, { timeout: 60_000 })
      .toBe('stopped');
    expect((await host.json<VmView>(['vm', 'show', 'long'])).lastEnd).toMatchObject({
      cause: 'session-ended',
    });
  });

  // Each of them waited for ever.
  it('leave nobody waiting when their VM is deleted', async () => {
    await host.json(['vm', 'create', '--name', 'short', '--memory', '256m']);
    await startSession(host, ['--name', 'doomed', 'short'], COUNTING);
    const follower = collect(
      host.spawn(['vm', 'session', 'logs', '-f', 'doomed'], { stdio: 'pipe' }),
      60_000,
    );
    const waiter = collect(host.spawn(['vm', 'session', 'wait', 'doomed'], { stdio: 'pipe' }), 60_000);
    const attached = new PseudoTerminal(`${host.launcher} vm session attach doomed`, host.env);
    await attached.shows(/\b12\r?\n/);
    await host.banger(['vm', 'delete', '--force', 'short']);
    const waited = await waiter;
    expect(waited.exitCode).not.toBe(0);
    expect(waited.stderr).toMatch(/the VM was deleted|no session/);
    const followed = await follower;
    expect(numbers(100_000).startsWith(followed.stdout)).toBe(true);
    expect((await attached.ended()).restored).toBe(true);
  });
});
