import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { collect, TestHost } from '../../support/test-host.js';

const MIB = 2 ** 20;

describe('commands in a VM', () => {
  let host: TestHost;
  beforeAll(async () => {
    host = await TestHost.create();
    await host.json(['vm', 'create', '--name', 'streams']);
  });
  afterAll(async () => {
    await host.banger(['vm', 'delete', '--force', 'streams']);
    await host.assertClean();
    await host.close();
  });

  const exec = (...words: string[]) => host.banger(['vm', 'exec', ...words], { timeoutMs: 60_000 });

  it('keep their outputs apart, and end though their stdin stays open or a child keeps the pipe', async () => {
    const child = host.spawn(
      ['vm', 'exec', 'streams', '--', 'sh', '-c', 'sleep 600 & echo out; echo err >&2'],
      {
        stdio: ['pipe', 'pipe', 'pipe'],
      },
    );
    expect(await collect(child, 30_000)).toMatchObject({ exitCode: 0, stdout: 'out\n', stderr: 'err\n' });
    expect(await exec('streams', '--', 'pkill', 'sleep')).toMatchObject({ exitCode: 0 });
  });

  it('say that a directory is not there', async () => {
    const result = await exec('--cwd', '/no/such place', 'streams', '--', 'echo', 'ran');
    expect(result).toMatchObject({ exitCode: 125, stdout: '' });
    expect(result.stderr).toContain('banger: cannot change to the directory /no/such place in the guest\n');
  });

  it.each([
    ['SIGINT', 'INT'],
    ['SIGTERM', 'TERM'],
  ] as const)('get %s', async (signal, name) => {
    const script = `trap 'echo got ${name}; exit 9' ${name}; echo up >&2; while :; do sleep 0.2; done`;
    const child = host.spawn(['vm', 'exec', 'streams', '--', 'env', '-i', 'sh', '-c', script], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const result = collect(child, 30_000);
    await new Promise((resolve) => child.stderr?.once('data', resolve));
    child.kill(signal);
    expect(await result).toMatchObject({ exitCode: 9, stdout: `got ${name}\n` });
  });

  it('take and give 32 MiB of anything as they are, and a million lines; the daemon does not grow with it', async () => {
    const bytes = randomBytes(32 * MIB);
    const pid = await host.daemonPid();
    const before = residentBytes(pid);
    const child = host.spawn(['vm', 'exec', 'streams', '--', 'cat'], { stdio: ['pipe', 'pipe', 'ignore'] });
    child.stdin?.end(bytes);
    const echoed = createHash('sha256');
    let peak = 0;
    child.stdout?.on('data', (chunk: Buffer) => {
      echoed.update(chunk);
      peak = Math.max(peak, residentBytes(pid));
    });
    const exitCode = await new Promise((resolve) => child.once('close', resolve));
    expect([exitCode, echoed.digest('hex')]).toEqual([0, createHash('sha256').update(bytes).digest('hex')]);
    expect((peak - before) / MIB).toBeLessThan(64);

    const lines = await exec('streams', '--', 'seq', '1000000');
    expect(lines.stdout).toBe(Array.from({ length: 1_000_000 }, (_, at) => `${at + 1}\n`).join(''));
  });

  it('end when their reader has gone', async () => {
    const child = host.spawn(['vm', 'exec', 'streams', '--', 'yes'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await new Promise((resolve) => child.stdout?.once('data', resolve));
    child.stdout?.destroy();
    expect(await new Promise((resolve) => child.once('exit', resolve))).toBe(141);
    await expect
      .poll(async () => (await exec('streams', '--', 'pgrep', '-x', 'yes')).exitCode, { timeout: 15_000 })
      .toBe(1);
  });

  it('--timeout ends them, whatever they ignore and whatever stays open, with 124 and a line that says so', async () => {
    const told = 'banger: the command was ended, as it took longer than 1 s (--timeout)\n';
    const script = `trap '' TERM; echo up; sleep 600 & while :; do sleep 1; done`;
    const stubborn = host.spawn(
      ['vm', 'exec', '--timeout', '1s', 'streams', '--', 'env', '-i', 'sh', '-c', script],
      {
        stdio: ['pipe', 'pipe', 'pipe'],
      },
    );
    expect(await collect(stubborn, 40_000)).toMatchObject({ exitCode: 124, stdout: 'up\n', stderr: told });
    expect((await exec('streams', '--', 'pgrep', '-a', 'sleep')).stdout).toBe('');

    const json = await exec(
      '--timeout',
      '1s',
      '--json',
      'streams',
      '--',
      'sh',
      '-c',
      'echo up; exec sleep 600',
    );
    expect(json).toMatchObject({ exitCode: 124, stderr: '' });
    expect(JSON.parse(json.stdout)).toMatchObject({ exitCode: 124, timedOut: true, stdout: 'up\n' });
  });

  it('--timeout also ends one whose output nobody reads, and one of a VM that hangs', async () => {
    const unread = host.spawn(['vm', 'exec', '--timeout', '1s', 'streams', '--', 'yes'], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    expect(await new Promise((resolve) => unread.once('exit', resolve))).toBe(124);
    unread.stdout?.destroy();

    const hanging = host.spawn(['vm', 'exec', '--timeout', '2s', 'streams', '--', 'sleep', '600'], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const [machine] = await host.machineProcesses();
    await delay(1_000);
    process.kill(machine?.pid ?? 0, 'SIGSTOP');
    try {
      expect(await collect(hanging, 40_000)).toMatchObject({ exitCode: 124 });
    } finally {
      process.kill(machine?.pid ?? 0, 'SIGCONT');
    }
  });
});

function residentBytes(pid: number): number {
  const [, kib] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kib) * 1024;
}
