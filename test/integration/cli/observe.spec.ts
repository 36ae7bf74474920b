import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { VmStatsView } from '../../../src/contract/index.js';
import { BangerError } from '../../../src/core/errors/index.js';
import { PseudoTerminal } from '../../support/pseudo-terminal.js';
import { cli, CliRun, LAUNCHER } from './cli-process.js';
import type { CliResult } from './cli-process.js';
import { startFakeDaemon } from './fake-daemon.js';
import type { FakeDaemon } from './fake-daemon.js';

const MIB = 1024 * 1024;
const LEFT_SCREEN = '\u001b[?25h\u001b[?1049l';

function statsView(name: string, cores: number): VmStatsView {
  return {
    id: `id-${name}`,
    name,
    state: 'running',
    cpus: 2,
    memoryMib: 1024,
    uptimeSeconds: 90,
    sampledAt: '2026-01-01T00:00:00.000Z',
    cpu: { seconds: 12, cores, percent: cores * 50 },
    memory: { residentBytes: 512 * MIB },
  };
}

describe('looking at VMs', () => {
  let daemon: FakeDaemon;
  beforeEach(async () => {
    daemon = await startFakeDaemon();
    daemon.script.on('vm.stats', () => [statsView('web', 0.5), statsView('db', 1)]);
  });
  afterEach(() => daemon.stop());

  const banger = (...args: string[]): Promise<CliResult> => cli(['--socket', daemon.socketPath, ...args]);
  const inTerminal = (words: string): PseudoTerminal =>
    new PseudoTerminal(`${LAUNCHER} --socket ${daemon.socketPath} ${words}`, {
      ...process.env,
      NO_COLOR: '1',
    });

  it('top is a live table: sorted, resized with the terminal, and q leaves the terminal as it was', async () => {
    const terminal = inTerminal('vm top --interval 0.2');
    await terminal.shows(/db +50%[^]*\nweb +25%/);
    await terminal.shows(/2 VMs, 1\.5 CPUs busy, 1\.0G of memory +q quit {2}s sort: cpu/);
    terminal.type('s');
    await terminal.shows(/s sort: memory/);
    terminal.resize(60, 10);
    await terminal.shows(/NAME +CPU +RSS GUEST READ\/s WRITE\/s +IN\/s/);
    daemon.script.on('vm.stats', () => []);
    await terminal.shows(/no VM runs/);
    terminal.type('q');
    expect(await terminal.ended()).toEqual({ status: 0, restored: true });
    expect(terminal.output).toContain(LEFT_SCREEN);
  });

  it('top gives the terminal back on Ctrl-C and when the daemon fails', async () => {
    const interrupted = inTerminal('vm top');
    await interrupted.shows(/web/);
    interrupted.type('\u0003');
    expect(await interrupted.ended()).toEqual({ status: 130, restored: true });
    expect(interrupted.output).toContain(LEFT_SCREEN);

    daemon.script.on('vm.stats', () => {
      throw new Error('a defect');
    });
    const failed = inTerminal('vm top');
    expect(await failed.ended()).toEqual({ status: 70, restored: true });
    expect(failed.output).toContain(LEFT_SCREEN);
  });

  it('top without a terminal is one plain snapshot', async () => {
    const { code, stdout, stderr } = await banger('vm', 'top');
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toBe(
      [
        'NAME  CPU   RSS  PSS  GUEST  READ  WRITE  DISK  IN  OUT  UP',
        'web   25%  512M    -      -     -      -     -   -    -  1m',
        'db    50%  512M    -      -     -      -     -   -    -  1m',
        '',
      ].join('\n'),
    );
    const json = await banger('vm', 'stats', '--json');
    expect((JSON.parse(json.stdout) as VmStatsView[]).map(({ name }) => name)).toEqual(['web', 'db']);
  });

  it('stats --history tells of all that run their hour and what is measured, without one that is deleted meanwhile', async () => {
    daemon.script.on('vm.stats', ({ vm, historySeconds, proportional }) => {
      if (vm === undefined) return [statsView('web', 0.5), statsView('db', 1)];
      if (vm === 'id-db') throw new BangerError('VM_NOT_FOUND', 'no VM', { details: { vm } });
      const memory = { residentBytes: 512 * MIB, ...(proportional === true && { proportionalBytes: MIB }) };
      return [Object.assign(statsView('web', 0.5), { uptimeSeconds: historySeconds, memory })];
    });
    const { code, stdout, stderr } = await banger('vm', 'stats', '--history', '--json');
    expect([code, stderr]).toEqual([0, '']);
    expect(JSON.parse(stdout)).toEqual([
      expect.objectContaining({
        name: 'web',
        uptimeSeconds: 3600,
        memory: { residentBytes: 512 * MIB, proportionalBytes: MIB },
      }),
    ]);
  });

  it('health and ping end with status 8 when something does not answer', async () => {
    const sick = {
      id: 'id-web',
      name: 'web',
      state: 'running' as const,
      healthy: false,
      checks: [
        {
          id: 'agent',
          title: 'guest agent',
          status: 'fail' as const,
          detail: 'no answer',
          latencyMs: 2000,
          fix: 'kick it',
        },
      ],
    };
    daemon.script
      .on('vm.health', ({ vm }) => ({ ...sick, name: vm, healthy: vm === 'fine' }))
      .on('vm.ping', ({ vm }) => ({ name: vm, controlMs: 1 }));
    const both = await banger('vm', 'health', 'fine', 'web');
    expect(both).toMatchObject({
      code: 8,
      stdout: expect.stringMatching(/fine: healthy[^]*web: not healthy[^]*fix: kick it/),
    });
    expect(await banger('vm', 'health', 'fine')).toMatchObject({ code: 0 });
    const ping = await banger('vm', 'ping', 'web', '--count', '2', '--interval', '0.1');
    expect(ping).toMatchObject({ code: 8, stdout: expect.stringContaining('ssh     0 of 2 answered') });
  });

  it('console shows what the guest wrote without its escape sequences; --raw and --json as it is', async () => {
    daemon.script.on('vm.console', async function* () {
      yield { text: 'one \u001b[31mred\u001b' };
      yield { text: '[0m\u001b]0;title\u0007\r\n' };
      yield { text: 'two\r\n', restarted: true };
      return { name: 'web', reason: 'end' };
    });
    const shown = await banger('vm', 'console', 'web', '--tail', '5');
    expect(shown).toMatchObject({
      code: 0,
      stdout: 'one red\ntwo\n',
      stderr: '-- the VM was started anew --\n',
    });
    expect(daemon.script.callsOf('vm.console')).toEqual([{ vm: 'web', lines: 5 }]);
    const raw = await banger('vm', 'console', 'web', '--raw');
    expect(raw.stdout).toBe('one \u001b[31mred\u001b[0m\u001b]0;title\u0007\r\ntwo\r\n');
    const json = await banger('vm', 'console', 'web', '--json');
    expect(JSON.parse(json.stdout.split('\n')[2] ?? '')).toEqual({ text: 'two\r\n', restarted: true });
  });

  it('console --follow ends on Ctrl-C, well, and tells the daemon so', async () => {
    const ended = Promise.withResolvers<void>();
    daemon.script.on('vm.console', async function* (_, { signal }) {
      yield { text: 'up\n' };
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
      ended.resolve();
      return { name: 'web', reason: 'end' };
    });
    const run = new CliRun(['--socket', daemon.socketPath, 'vm', 'console', 'web', '-f']);
    await run.saw('up');
    run.child.kill('SIGINT');
    expect(await run.ended).toMatchObject({ code: 0, stdout: 'up\n', stderr: '' });
    await ended.promise;
  });
});
