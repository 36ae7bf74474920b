import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TerminalRequest } from '../../../src/contract/index.js';
import { openByteChannel } from '../../../src/core/rpc/client.js';
import { ByteChannels } from '../../../src/core/rpc/index.js';
import { Ssh2Client, SshPool } from '../../../src/core/ssh/index.js';
import { bridgeExec } from '../../../src/vm/exec/bridge-exec.js';
import { guestCommandLine } from '../../../src/vm/exec/guest-command-line.js';
import { Sshd, whyNoSshd } from './support/sshd.js';

const reason = whyNoSshd();

interface ExecOptions {
  readonly terminal?: TerminalRequest;
  readonly cwd?: string;
  readonly timeoutSeconds?: number;
}

const TIMED_OUT = { exitCode: 124, signal: null, timedOut: true };

describe.skipIf(reason !== undefined)(
  `commands over byte channels${reason === undefined ? '' : `: ${reason}`}`,
  () => {
    const channels = new ByteChannels();
    const pool = new SshPool(new Ssh2Client());
    let sshd: Sshd;
    let directory: string;
    let server: Server;
    let socketPath: string;

    beforeAll(async () => {
      sshd = await Sshd.start();
      directory = await mkdtemp(join(tmpdir(), 'banger-exec-'));
      socketPath = join(directory, 'socket');
      server = createServer((socket) => {
        socket.once('data', (chunk: Buffer) => {
          const end = chunk.indexOf('\n');
          const { params } = JSON.parse(chunk.toString('utf8', 0, end)) as { params: { token: string } };
          channels.accept(socket, params.token, chunk.subarray(end + 1));
        });
      });
      await new Promise<void>((resolve) => server.listen(socketPath, resolve));
    });
    afterAll(async () => {
      await channels.close();
      await new Promise((resolve) => server.close(resolve));
      pool.onApplicationShutdown();
      await sshd.stop();
      await rm(directory, { recursive: true });
    });

    async function exec(command: string[], options: ExecOptions = {}) {
      const { terminal, timeoutSeconds, cwd = '/' } = options;
      const line = guestCommandLine({ command, cwd });
      const { token } = channels.grant(async (channel) => {
        const connection = await pool.get('vm', sshd.target);
        await bridgeExec(
          connection,
          {
            line,
            label: 'web',
            ...(terminal !== undefined && { terminal }),
            ...(timeoutSeconds !== undefined && { timeoutSeconds }),
          },
          channel,
        );
      });
      return openByteChannel({ socketPath, token });
    }

    async function collect(channel: Awaited<ReturnType<typeof exec>>) {
      const [stdout, stderr, status] = await Promise.all([
        text(channel.stdout),
        text(channel.stderr),
        channel.exited,
      ]);
      return { stdout, stderr, ...status };
    }

    it('keeps streams apart and passes the status', async () => {
      const channel = await exec(['sh', '-c', 'cat; echo err >&2; exit 42']);
      channel.stdin.end('in');
      expect(await collect(channel)).toEqual({ stdout: 'in', stderr: 'err\n', exitCode: 42, signal: null });
    });

    it.each([
      [['no-such-program'], '/', 127],
      [['/etc/passwd'], '/', 126],
      [['true'], '/no/such/directory', 125],
    ])('reports %j in %s as %i', async (command, cwd, exitCode) => {
      expect(await collect(await exec(command, { cwd }))).toMatchObject({ exitCode, signal: null });
    });

    it('gives a command the longest argument that Linux allows', async () => {
      const argument = `'"`.repeat(65_535);
      const { stdout, exitCode } = await collect(await exec(['printf', '%s|%s', argument, '$(id)\n']));
      expect([exitCode, stdout.length]).toEqual([0, argument.length + 7]);
      expect(stdout).toBe(`${argument}|$(id)\n`);
    });

    it('delivers signals', async () => {
      const channel = await exec([
        'sh',
        '-c',
        'trap "echo caught; exit 5" USR1; echo up; while :; do sleep 0.05; done',
      ]);
      await untilSeen(channel.stdout, 'up');
      channel.signal('USR1');
      expect(await channel.exited).toEqual({ exitCode: 5, signal: null });
      const killed = await exec(['sleep', '30']);
      await delay(200);
      killed.signal('TERM');
      expect(await killed.exited).toEqual({ exitCode: null, signal: 'TERM' });
    });

    it('signals a command that has cleared its environment', async () => {
      const channel = await exec(['env', '-i', 'sleep', '30']);
      await delay(200);
      channel.signal('INT');
      expect(await channel.exited).toEqual({ exitCode: null, signal: 'INT' });
    });

    it('ends a command whose time is over with its process group, though its stdin is open', async () => {
      const script = 'sleep 30 & echo $$ $!; trap "echo term; exit 3" TERM; while :; do sleep 0.05; done';
      const { stdout, ...status } = await collect(await exec(['sh', '-c', script], { timeoutSeconds: 1 }));
      expect(status).toMatchObject(TIMED_OUT);
      expect(stdout).toMatch(/^\d+ \d+\nterm\n$/);
      for (const pid of stdout.split(/\s/).slice(0, 2)) expect(runs(pid)).toBe(false);
    });

    it('kills what ignores TERM after ten seconds, also a child that keeps the pipe', async () => {
      const script = `trap '' TERM; sleep 60 & echo $!; while :; do sleep 0.05; done`;
      const start = performance.now();
      const { stdout, ...status } = await collect(await exec(['sh', '-c', script], { timeoutSeconds: 1 }));
      expect(status).toEqual({ stderr: '', ...TIMED_OUT });
      expect(Math.round((performance.now() - start) / 1000)).toBeLessThan(15);
      await expect.poll(() => runs(stdout.trim())).toBe(false);
    }, 20_000);

    it('ends in time though the client does not read', async () => {
      const slow = await exec(['yes'], { timeoutSeconds: 1 });
      expect(await slow.exited).toEqual(TIMED_OUT);
    });

    it('leaves a command alone that ends before its time', async () => {
      const quick = await exec(['sh', '-c', 'exit 4'], { timeoutSeconds: 3_000_000 });
      expect(await quick.exited).toEqual({ exitCode: 4, signal: null });
    });

    it('gives a terminal: size, resize, Ctrl-C', async () => {
      const channel = await exec([], { terminal: { columns: 100, rows: 30, term: 'xterm-256color' } });
      channel.stdin.write('stty size; echo $TERM\n');
      await untilSeen(channel.stdout, '30 100');
      channel.resize({ columns: 70, rows: 20 });
      await delay(100);
      channel.stdin.write('stty size\n');
      await untilSeen(channel.stdout, '20 70');
      channel.stdin.write('sleep 30\n');
      await delay(300);
      channel.stdin.write('\u0003');
      channel.stdin.write('exit 9\n');
      channel.stdout.resume();
      expect(await channel.exited).toEqual({ exitCode: 9, signal: null });
    });

    it('hangs up the command of a client that vanished', async () => {
      const log = join(directory, 'hangup');
      const script = `trap 'echo HUP >> ${log}' HUP; trap 'echo TERM >> ${log}; exit' TERM; echo up; while :; do sleep 0.05; done`;
      const channel = await exec(['sh', '-c', script]);
      await untilSeen(channel.stdout, 'up');
      await channel.close();
      // A disk that is busy lets a line of the log wait for seconds.
      await expect.poll(() => readFile(log, 'utf8').catch(() => ''), { timeout: 30_000 }).toBe('HUP\nTERM\n');
    });

    it('hangs up also what starts when its client has gone already', async () => {
      const log = join(directory, 'late');
      const channel = await exec([
        'sh',
        '-c',
        `trap 'echo HUP > ${log}; exit' HUP; while :; do sleep 0.05; done`,
      ]);
      await channel.close();
      await delay(1_000);
      await expect.poll(() => isRunning(log), { timeout: 5_000 }).toBe(false);
    });

    it('lets a client that does not read stall its own command only', async () => {
      const slow = await exec(['sh', '-c', 'head -c 30000000 /dev/zero; echo finished >&2']);
      expect((await collect(await exec(['echo', 'quick']))).stdout).toBe('quick\n');
      await delay(300);
      expect(slow.stderr.readableLength).toBe(0);
      let bytes = 0;
      slow.stdout.on('data', (chunk: Buffer) => (bytes += chunk.length));
      const [stderr, status] = await Promise.all([text(slow.stderr), slow.exited]);
      expect([bytes, stderr, status.exitCode]).toEqual([30_000_000, 'finished\n', 0]);
    });

    it('tells a client that the guest went away', async () => {
      const channel = await exec(['sleep', '30']);
      await delay(300);
      pool.drop('vm');
      await expect(channel.exited).rejects.toMatchObject({
        kind: 'VM_GUEST_UNREACHABLE',
        details: { vm: 'web' },
      });
    });
  },
);

/** Whether a process has the text in its command line. */
function isRunning(text: string): boolean {
  return spawnSync('pgrep', ['-f', text]).status === 0;
}

/** What nobody has waited for yet runs no more. */
function runs(pid: string): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

async function untilSeen(stream: Readable, wanted: string): Promise<void> {
  let seen = '';
  await new Promise<void>((resolve, reject) => {
    const onData = (chunk: Buffer): void => {
      seen += chunk.toString();
      if (!seen.includes(wanted)) return;
      stream.off('data', onData);
      resolve();
    };
    stream.on('data', onData);
    stream.once('end', () => reject(new Error(`ended without ${wanted}: ${seen}`)));
  });
}
