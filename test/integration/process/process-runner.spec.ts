import { mkdtemp, open, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { getPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { Test } from '@nestjs/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TimeoutError } from '../../../src/core/errors/index.js';
import { ProcessModule, ProcessRunner } from '../../../src/core/process/index.js';
import type { ProcessIdentity } from '../../../src/core/process/index.js';

const SH = '/bin/sh';
let runner: ProcessRunner;
let directory: string;
/** unique argument of this test's processes, so that leftovers are found */
let marker: string;

beforeEach(async () => {
  const module = await Test.createTestingModule({ imports: [ProcessModule] }).compile();
  runner = module.get(ProcessRunner);
  directory = await mkdtemp(join(tmpdir(), 'bgr-process-'));
  marker = `bgr-test-${directory.slice(-6)}`;
});

afterEach(async () => {
  const left = await runner.findByArgument(marker);
  for (const identity of left) await runner.signal(identity, 'SIGKILL');
  await rm(directory, { recursive: true, force: true });
  expect(left).toEqual([]);
});

/** argv of a shell script that carries the marker as $0 */
function script(text: string): { file: string; args: string[] } {
  return { file: SH, args: ['-c', text, marker] };
}

async function until(condition: () => Promise<boolean>, what: string): Promise<void> {
  for (let tries = 0; tries < 500; tries += 1) {
    if (await condition()) return;
    await delay(10);
  }
  expect.fail(`never happened: ${what}`);
}

describe('run', () => {
  it('collects output and the tail of stderr', async () => {
    const result = await runner.run(script('printf out; printf err >&2'));
    expect({ stdout: result.stdout.toString(), stderrTail: result.stderrTail }).toEqual({
      stdout: 'out',
      stderrTail: 'err',
    });
  });

  it('rejects with status, command and the last 8 KiB of stderr', async () => {
    const failed = runner.run(script('head -c 20000 /dev/zero | tr "\\0" x >&2; echo why >&2; exit 3'));
    await expect(failed).rejects.toMatchObject({
      kind: 'PROCESS_FAILED',
      details: { file: SH, exitCode: 3, signal: null },
    });
    const error: unknown = await failed.catch((reason: unknown) => reason);
    const { details, why } = error as { details: { stderrTail: string }; why: string };
    expect(details.stderrTail).toHaveLength(8192);
    expect(why.endsWith('why')).toBe(true);
  });

  it('reports a death by signal', async () => {
    await expect(runner.run(script('kill -9 $$'))).rejects.toMatchObject({
      details: { exitCode: null, signal: 'SIGKILL' },
    });
  });

  it('gives stdin as text, bytes or a stream, and survives a child that does not read it', async () => {
    const big = Buffer.alloc(1_000_000, 'x');
    const counted = async (stdin: string | Buffer | Readable) =>
      (await runner.run({ ...script('wc -c'), stdin })).stdout.toString().trim();
    expect([await counted('abc'), await counted(big), await counted(Readable.from([big, big]))]).toEqual([
      '3',
      '1000000',
      '2000000',
    ]);
    const unread = Readable.from([big, big]);
    await runner.run({ ...script('exit 0'), stdin: unread });
    await runner.run({ ...script('exit 0'), stdin: big });
    expect(unread.destroyed).toBe(true);
  });

  it('fails when the input stream fails, and ends the child', async () => {
    const broken = new Readable({
      read() {
        this.destroy(new Error('disk on fire'));
      },
    });
    await expect(runner.run({ ...script('cat; sleep 60'), stdin: broken })).rejects.toMatchObject({
      kind: 'INTERNAL',
    });
  });

  it('gives a clean environment', async () => {
    const { stdout } = await runner.run({ file: 'env', args: [] });
    const names = stdout
      .toString()
      .trim()
      .split('\n')
      .map((line) => line.split('=')[0]);
    expect(new Set(names)).toEqual(new Set(['PATH', 'HOME', 'LANG']));
    const own = await runner.run({ file: '/usr/bin/env', args: [], env: { ONLY: 'this' } });
    expect(own.stdout.toString()).toBe('ONLY=this\n');
  });

  it('runs in the working directory given, as the user given, without supplementary groups', async () => {
    const request = {
      ...script('pwd; id -u; id -G'),
      cwd: '/',
      ...(process.getuid?.() === 0 && { uid: 65534, gid: 65534 }),
    };
    const lines = (await runner.run(request)).stdout.toString().trim().split('\n');
    expect(lines[0]).toBe('/');
    if (process.getuid?.() === 0) expect(lines.slice(1)).toEqual(['65534', '65534']);
  });

  it('says which program is missing, and tells it from a missing directory', async () => {
    await expect(runner.run({ file: 'mmdebstrap-not-there', args: [] })).rejects.toMatchObject({
      kind: 'HOST_BINARY_MISSING',
      details: { binary: 'mmdebstrap-not-there' },
    });
    await expect(runner.run({ ...script('true'), cwd: join(directory, 'gone') })).rejects.toMatchObject({
      kind: 'INTERNAL',
    });
    await expect(runner.run({ file: directory, args: [] })).rejects.toMatchObject({
      kind: 'PERMISSION_DENIED',
    });
  });

  it('ends the whole group on timeout, even what ignores SIGTERM', async () => {
    const stubborn = `trap "" TERM; ${SH} -c 'trap "" TERM; while :; do sleep 1; done' ${marker} & wait`;
    const started = performance.now();
    await expect(runner.run({ ...script(stubborn), timeoutMs: 200 })).rejects.toMatchObject({
      kind: 'TIMEOUT',
    });
    expect(performance.now() - started).toBeGreaterThan(2_000);
    expect(await runner.findByArgument(marker)).toEqual([]);
  });

  it('ends grandchildren that outlive a child which obeys SIGTERM', async () => {
    const text = `${SH} -c 'trap "" TERM; sleep 60; true' ${marker} & wait`;
    await expect(runner.run({ ...script(text), timeoutMs: 200 })).rejects.toMatchObject({ kind: 'TIMEOUT' });
    expect(await runner.findByArgument(marker)).toEqual([]);
  });

  it('rejects with CANCELLED on abort, or with the reason when that is a kind', async () => {
    const plain = new AbortController();
    const running = runner.run({ ...script('sleep 60; true'), signal: plain.signal });
    await delay(50);
    plain.abort();
    await expect(running).rejects.toMatchObject({ kind: 'CANCELLED' });
    const reasoned = AbortSignal.abort(new TimeoutError('the build', 1000));
    await expect(runner.run({ ...script('sleep 60'), signal: reasoned })).rejects.toMatchObject({
      kind: 'TIMEOUT',
    });
  });

  it('does not wait for a background child that keeps the pipe open', async () => {
    const started = performance.now();
    const { stdout } = await runner.run(script(`echo done; ${SH} -c 'sleep 3' ${marker} &`));
    expect(stdout.toString()).toBe('done\n');
    expect(performance.now() - started).toBeLessThan(2_500);
    await until(async () => (await runner.findByArgument(marker)).length === 0, 'the background child ended');
  });

  it('bounds its output', async () => {
    await expect(runner.run({ ...script('yes; true'), maxOutputBytes: 100_000 })).rejects.toMatchObject({
      kind: 'LIMIT_EXCEEDED',
    });
    await expect(runner.run({ ...script('printf 12345'), maxOutputBytes: 4 })).rejects.toMatchObject({
      kind: 'LIMIT_EXCEEDED',
    });
    expect((await runner.run({ ...script('printf 1234'), maxOutputBytes: 4 })).stdout.toString()).toBe(
      '1234',
    );
  });

  it('keeps all of a large output that ends with the child', async () => {
    const { stdout } = await runner.run(script('head -c 8000000 /dev/zero'));
    expect(stdout.length).toBe(8_000_000);
  });

  it('gives lines as they come, cut at 4 KiB', async () => {
    const lines: string[] = [];
    await runner.run({
      ...script('echo one; echo two >&2; head -c 9000 /dev/zero | tr "\\0" x; echo; printf end'),
      onLine: (line, stream) => lines.push(`${stream}:${line.length > 10 ? line.length : line}`),
    });
    expect(lines.toSorted()).toEqual(['stderr:two', 'stdout:4096', 'stdout:end', 'stdout:one']);
  });
});

describe('detached processes', () => {
  const detached = (text: string) =>
    runner.spawnDetached({ ...script(text), cwd: '/', logPath: join(directory, 'log') });

  it('runs in a session of its own, logs to a file of mode 0600, and is found by its argument', async () => {
    const { identity, exited } = await detached('echo hello; echo oops >&2; sleep 60; true');
    const fields = (await readFile(`/proc/${identity.pid}/stat`, 'utf8')).split(') ')[1]?.split(' ') ?? [];
    expect(Number(fields[3])).toBe(identity.pid);
    expect(await runner.findByArgument(marker)).toContainEqual(identity);
    await until(async () => (await readFile(join(directory, 'log'), 'utf8')) === 'hello\noops\n', 'the log');
    expect((await stat(join(directory, 'log'))).mode & 0o777).toBe(0o600);
    process.kill(-identity.pid, 'SIGKILL');
    expect(await exited).toEqual({ exitCode: null, signal: 'SIGKILL' });
  });

  it('has an identity and an exit status even when it ends at once', async () => {
    const { identity, exited } = await detached('exit 4');
    expect(identity.startTicks).toBeGreaterThan(0);
    expect(await exited).toEqual({ exitCode: 4, signal: null });
    expect([await runner.isAlive(identity), await runner.signal(identity, 'SIGKILL')]).toEqual([
      false,
      false,
    ]);
  });

  it('has the descriptors that it is given as 3, 4, …, gives way as much as it is told, and harms neither', async () => {
    const before = getPriority();
    const [one, two] = await Promise.all(
      ['one', 'two'].map(async (text) => {
        await writeFile(join(directory, text), `${text}\n`);
        return open(join(directory, text), 'r');
      }),
    );
    const log = join(directory, 'log');
    const { exited } = await runner.spawnDetached({
      // it is told how much right after it was started
      ...script(
        'until [ -e go ]; do sleep 0.01; done; nice; cat <&3; cat <&4; [ -e /proc/self/fd/5 ] || echo no more',
      ),
      cwd: directory,
      logPath: log,
      inherit: [one?.fd ?? -1, two?.fd ?? -1],
      niceness: 7,
    });
    await writeFile(join(directory, 'go'), '');
    expect(await exited).toEqual({ exitCode: 0, signal: null });
    expect(await readFile(log, 'utf8')).toBe('7\none\ntwo\nno more\n');
    expect([(await one?.stat())?.size, (await two?.stat())?.size], 'they are still open').toEqual([4, 4]);
    await Promise.all([one?.close(), two?.close()]);
    expect(getPriority()).toBe(before);
  });

  it('reports a missing program', async () => {
    const request = { file: 'not-there', args: [], cwd: '/', logPath: join(directory, 'log') };
    await expect(runner.spawnDetached(request)).rejects.toMatchObject({ kind: 'HOST_BINARY_MISSING' });
  });

  it('signals exactly the process and waits for its end', async () => {
    const { identity } = await detached('exec sleep 60');
    await until(
      async () => (await runner.identify(identity.pid))?.executable.endsWith('sleep') ?? false,
      'exec',
    );
    const now = (await runner.identify(identity.pid)) as ProcessIdentity;
    expect(now.startTicks).toBe(identity.startTicks);
    expect(await runner.waitForExit(now, { timeoutMs: 50 })).toBe(false);
    expect(await runner.waitForExit(now, { signal: AbortSignal.abort() })).toBe(false);
    for (const other of [
      { ...now, startTicks: now.startTicks + 1 },
      { ...now, executable: '/bin/other' },
    ]) {
      expect([await runner.isAlive(other), await runner.signal(other, 'SIGKILL')]).toEqual([false, false]);
    }
    expect(await runner.isAlive(now)).toBe(true);
    expect(await runner.signal(now, 'SIGTERM')).toBe(true);
    expect(await runner.waitForExit(now, { timeoutMs: 5_000 })).toBe(true);
    expect(await runner.identify(now.pid)).toBeUndefined();
  });
});

describe('identify', () => {
  it('knows this process', async () => {
    const own = await runner.identify(process.pid);
    expect(own).toMatchObject({ pid: process.pid, executable: process.execPath });
  });

  it('counts a zombie as none', async () => {
    // The shell's child ends, and the program that replaced the shell never reaps it.
    const pidFile = join(directory, 'pid');
    const { identity } = await runner.spawnDetached({
      ...script(`sleep 0.05 & echo $! > ${pidFile}; exec sleep 60`),
      cwd: '/',
      logPath: join(directory, 'log'),
    });
    try {
      const zombie = async () =>
        (await readFile(`/proc/${(await readFile(pidFile, 'utf8')).trim()}/stat`, 'utf8')).includes(') Z ');
      await until(() => zombie().catch(() => false), 'the zombie');
      expect(await runner.identify(Number(await readFile(pidFile, 'utf8')))).toBeUndefined();
    } finally {
      process.kill(-identity.pid, 'SIGKILL');
      await runner.waitForExit({ ...identity, executable: '/usr/bin/sleep' }, { timeoutMs: 5_000 });
    }
  });

  it('finds nothing for a pid that is not there', async () => {
    expect(await runner.identify(2 ** 22 + 1)).toBeUndefined();
  });
});
