import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CliRun, LAUNCHER } from './cli-process.js';
import { operationView, scriptCreation, startFakeDaemon, stepView, vmView } from './fake-daemon.js';
import type { FakeDaemon } from './fake-daemon.js';

/** Terminals are real ones: util-linux's `script` makes the pty, `stty` sets its size. */
describe('on a terminal', () => {
  let daemon: FakeDaemon;
  let scratch: string;

  beforeEach(async () => {
    daemon = await startFakeDaemon();
    scriptCreation(daemon.script);
    scratch = await mkdtemp(join(tmpdir(), 'bgr-pty-'));
  });
  afterEach(async () => {
    await daemon.stop();
    await rm(scratch, { recursive: true });
  });

  /** banger in a pty of 90 × 30; the shell around it leaves the terminal's name, its settings and the exit status. */
  const inTerminal = (words: string): CliRun => {
    const command = [
      // the shell must outlive a Ctrl-C that is meant for banger
      'trap : INT',
      'stty cols 90 rows 30',
      `tty > ${scratch}/tty`,
      `stty -g > ${scratch}/before`,
      `${LAUNCHER} --socket ${daemon.socketPath} ${words}`,
      `echo $? > ${scratch}/status`,
      `stty -g > ${scratch}/after`,
    ].join('; ');
    return new CliRun(['-qc', command, '/dev/null'], {
      program: 'script',
      env: { SHELL: '/bin/sh', TERM: 'xterm-256color' },
    });
  };
  const note = async (name: string): Promise<string> => (await readFile(join(scratch, name), 'utf8')).trim();

  it('gives a shell a terminal of its size, in raw mode, follows resizes and puts it all back', async () => {
    const sizes: unknown[] = [];
    let resized: () => void = () => undefined;
    const wasResized = new Promise<void>((resolve) => (resized = resolve));
    let input = '';
    daemon.script.command = async (channel) => {
      channel.onResize((size) => {
        sizes.push(size);
        if (size.columns === 120 && size.rows === 40) resized();
      });
      channel.stdout.write('guest$ ');
      for await (const chunk of channel.stdin) {
        input += String(chunk);
        if (input.includes('\u0004')) break;
      }
      await channel.exit({ exitCode: 5, signal: null });
    };
    const run = inTerminal('vm exec web');
    await run.saw('guest$');
    await promisify(execFile)('stty', ['-F', await note('tty'), 'cols', '120', 'rows', '40']);
    await wasResized;
    // Ctrl-C belongs to the guest's shell
    run.child.stdin.write('ls\r\u0003\u0004');
    await run.ended;
    expect(daemon.script.callsOf('vm.exec')).toEqual([
      { vm: 'web', command: [], terminal: { columns: 90, rows: 30, term: 'xterm-256color' } },
    ]);
    expect(sizes.at(-1)).toEqual({ columns: 120, rows: 40 });
    expect(input).toBe('ls\r\u0003\u0004');
    expect(await note('status')).toBe('5');
    expect(await note('after')).toBe(await note('before'));
  });

  it('restores the terminal when the connection is lost', async () => {
    daemon.script.command = async (channel) => {
      channel.stdout.write('guest$ ');
      await new Promise((resolve) => setTimeout(resolve, 100));
      throw new TypeError('the daemon broke');
    };
    const run = inTerminal('vm exec web');
    run.child.stdin.write('');
    await run.saw('banger:');
    run.child.stdin.end();
    await run.ended;
    expect(await note('status')).toBe('125');
    expect(await note('after')).toBe(await note('before'));
  });

  it('draws the steps live, never wider than the terminal, without the guest’s control characters', async () => {
    daemon.script.on('operation.watch', async function* () {
      yield {
        snapshot: operationView({
          steps: [stepView(0, 'building', { detail: `${'x'.repeat(200)}\u001b[2J` })],
        }),
      };
      await new Promise((resolve) => setTimeout(resolve, 300));
      yield { step: stepView(0, 'building', { state: 'done', finishedAt: '2026-01-01T00:00:01.000Z' }) };
      return operationView({ state: 'succeeded' });
    });
    const run = inTerminal('vm create');
    await run.saw('✔');
    run.child.stdin.end();
    const { stdout } = await run.ended;
    expect(stdout).toContain('✔');
    expect(stdout).toContain('building');
    expect(stdout).not.toContain('\u001b[2J');
    // eslint-disable-next-line no-control-regex
    const lines = stdout.replace(/\u001b\[[0-9;?]*[A-Za-z]/g, '').split(/\r?\n|\r/);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(90);
    expect(stdout.lastIndexOf('\u001b[?25h')).toBeGreaterThan(stdout.lastIndexOf('\u001b[?25l'));
    expect(await note('status')).toBe('0');
  });

  it('cancels on Ctrl-C while creating', async () => {
    let release: () => void = () => undefined;
    const cancelled = new Promise<void>((resolve) => (release = resolve));
    daemon.script
      .on('operation.watch', async function* () {
        yield { snapshot: operationView({ steps: [stepView(0, 'creating the disk')] }) };
        await cancelled;
        return operationView({ state: 'cancelled' });
      })
      .on('operation.cancel', () => {
        release();
        return operationView({ state: 'cancelled' });
      });
    const run = inTerminal('vm run --rm');
    await run.saw('creating the disk');
    run.child.stdin.write('\u0003');
    await run.saw('was cancelled');
    run.child.stdin.end();
    await run.ended;
    expect(daemon.script.callsOf('operation.cancel')).toHaveLength(1);
    expect(await note('status')).toBe('130');
    expect(await note('after')).toBe(await note('before'));
  });

  it('fits the list of VMs into the terminal', async () => {
    const workspace = {
      hostPath: `/srv/repositories/${'deep/'.repeat(30)}`,
      guestPath: '/root/x',
      workingDirectory: '/root/x',
      mode: 'shallow' as const,
    };
    daemon.script.on('vm.list', () => [
      vmView('web', { workspaces: [workspace] }),
      vmView('a'.repeat(63), { workspaces: [workspace] }),
    ]);
    const run = inTerminal('--no-color vm list');
    await run.saw('aaaa');
    run.child.stdin.end();
    const { stdout } = await run.ended;
    const lines = stdout.split('\r\n').filter((line) => line.includes('debian'));
    expect(lines.map((line) => line.trimEnd().length)).toEqual([90, 90]);
  });
});
