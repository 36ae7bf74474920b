import { rm } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { VmView } from '../../../src/contract/index.js';
import { killProcess, sendSignal } from '../../support/processes.js';
import { TestHost } from '../../support/test-host.js';
import { checkFileSystems } from '../support/file-systems.js';
import { expectNoDeviation, pidOf, rounds, seededRandom, succeed, vmOf } from './support.js';

/** `ms`: far above what an answer takes, far below what waiting for a VMM that hangs would */
const QUICK_MS = 4000;

const ROUNDS = rounds(1, 24);

/** When each command is in the middle of it, `ms` */
const MOMENTS = {
  start: { before: ['stop'], command: ['start'], spanMs: 8000 },
  running: { before: ['start'], command: undefined, spanMs: 2000 },
  stop: { before: ['start'], command: ['stop'], spanMs: 3000 },
  restart: { before: ['start'], command: ['restart'], spanMs: 10_000 },
} as const;

describe('a VMM that dies or hangs', () => {
  let host: TestHost;
  let web: VmView;
  beforeAll(async () => {
    host = await TestHost.create();
    web = await host.json<VmView>(['vm', 'create', '--name', 'web']);
  });
  afterEach(() => expectNoDeviation(host));
  afterAll(async () => {
    await host.banger(['vm', 'delete', '--force', 'web', 'db']);
    await host.assertClean();
    await host.close();
  });

  async function mark(text: string): Promise<void> {
    await succeed(host, 'vm', 'exec', 'web', '--', 'sh', '-c', `echo ${text} > /root/mark; sync`);
  }

  async function expectUsable(text: string): Promise<void> {
    await succeed(host, 'vm', 'start', 'web');
    const read = await host.banger(['vm', 'exec', 'web', '--', 'cat', '/root/mark']);
    expect(read, read.stderr).toMatchObject({ exitCode: 0, stdout: `${text}\n` });
  }

  async function timed(args: string[]): Promise<number> {
    const started = performance.now();
    await succeed(host, ...args);
    return performance.now() - started;
  }

  it('by SIGSTOP holds up nobody else, and goes on after SIGCONT', async () => {
    await mark('halted');
    const { pid } = await vmOf(host, 'web');
    sendSignal(pid, 'SIGSTOP');
    try {
      expect(await timed(['vm', 'list'])).toBeLessThan(QUICK_MS);
      await succeed(host, 'vm', 'create', '--name', 'db', '--memory', '256m');
      expect(await timed(['vm', 'exec', 'db', '--', 'true'])).toBeLessThan(QUICK_MS);
      expect(await timed(['vm', 'kill', 'db'])).toBeLessThan(QUICK_MS);
      expect(await timed(['vm', 'delete', 'db'])).toBeLessThan(QUICK_MS);
    } finally {
      sendSignal(pid, 'SIGCONT');
    }
    await expectUsable('halted');
  });

  it.each(['stop', 'kill'])('by SIGSTOP can be ended: %s', async (command) => {
    await expectUsable('halted');
    const { pid } = await vmOf(host, 'web');
    sendSignal(pid, 'SIGSTOP');
    await succeed(host, 'vm', command, 'web', ...(command === 'stop' ? ['--timeout', '2'] : []));
    expect(await vmOf(host, 'web')).toMatchObject({ state: 'stopped' });
    expect(await host.machineProcesses()).toEqual([]);
  });

  it('by SIGKILL at any moment leaves a VM that says so, starts again and has kept what was acknowledged', async () => {
    const random = seededRandom();
    const names = Object.keys(MOMENTS) as (keyof typeof MOMENTS)[];
    const first = Math.floor(random() * names.length);
    for (let round = 0; round < ROUNDS; round += 1) {
      const name = names[(first + round) % names.length] ?? 'running';
      const { before, command, spanMs } = MOMENTS[name];
      const text = `round-${round}`;
      await succeed(host, 'vm', 'start', 'web');
      await mark(text);
      for (const step of before) await succeed(host, 'vm', step, 'web');
      const running = command === undefined ? undefined : host.banger(['vm', ...command, 'web']);
      const afterMs = Math.round(random() * spanMs);
      await delay(afterMs);
      const pid = await pidOf(host, web.id, 2000);
      if (pid !== undefined) killProcess(pid);
      const asked = await running;
      console.log(
        `${name}: SIGKILL after ${afterMs} ms of ${pid ?? 'nothing, it was down'}: ${asked?.exitCode ?? ''}`,
      );
      // A command that lost its machine says so, and no command hangs.
      expect(asked?.exitCode ?? 0, asked?.stderr).toBeLessThan(64);
      await expect.poll(() => stateAtRest(), { timeout: 10_000 }).toBe(true);
      await expectNoDeviation(host);
      const vm = await vmOf(host, 'web');
      if (vm.state === 'failed') expect(vm.error?.message).toMatch(/\S/);
      if (vm.state !== 'running') expect(await checkFileSystems(host, web.id)).toMatchObject({ damage: [] });
      await expectUsable(text);
    }
  });

  it('with its daemon and the runtime directory, as by a reboot, leaves VMs that start again with clean disks', async () => {
    await succeed(host, 'vm', 'start', 'web');
    await mark('rebooted');
    const vmm = (await vmOf(host, 'web')).pid ?? 0;
    const daemon = await host.daemonPid();
    for (const pid of [daemon, vmm]) killProcess(pid);
    await expect.poll(() => host.machineProcesses()).toEqual([]);
    await rm(host.runtimeDirectory, { recursive: true });

    const vm = await vmOf(host, 'web');
    expect(vm).toMatchObject({ id: web.id, state: 'failed' });
    expect(vm.error?.message).toMatch(/while no daemon was running/);
    await expectNoDeviation(host);
    expect(await checkFileSystems(host, web.id), 'after its journal was replayed').toMatchObject({
      damage: [],
    });
    await expectUsable('rebooted');
  });

  it('by SIGSTOP is deleted by force', async () => {
    const { pid } = await vmOf(host, 'web');
    sendSignal(pid, 'SIGSTOP');
    await succeed(host, 'vm', 'delete', '--force', 'web');
    await host.assertClean();
  });

  async function stateAtRest(): Promise<boolean> {
    const vm = await vmOf(host, 'web');
    if (vm.state !== 'running') return ['stopped', 'failed'].includes(vm.state);
    return (await pidOf(host, web.id, 100)) === vm.pid;
  }
});
