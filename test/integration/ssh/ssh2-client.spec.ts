import { createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  connectWhenReady,
  generateSshKeyPair,
  Ssh2Client,
  SshConnectError,
  SshPool,
} from '../../../src/core/ssh/index.js';
import type { SshChannel, SshConnection } from '../../../src/core/ssh/index.js';
import { freePort } from '../../support/free-port.js';
import { Sshd, whyNoSshd } from './support/sshd.js';

const reason = whyNoSshd();
const client = new Ssh2Client();

async function collect(channel: SshChannel) {
  const [stdout, stderr, exit] = await Promise.all([
    text(channel.stdout),
    text(channel.stderr),
    channel.exited,
  ]);
  return { stdout, stderr, exit };
}

async function drop(readable: Readable): Promise<number> {
  let bytes = 0;
  for await (const chunk of readable) bytes += (chunk as Buffer).length;
  return bytes;
}

describe.skipIf(reason !== undefined)(
  `SSH client against a real sshd${reason === undefined ? '' : `: ${reason}`}`,
  () => {
    let sshd: Sshd;
    let connection: SshConnection;

    beforeAll(async () => {
      sshd = await Sshd.start();
      connection = await client.connect(sshd.target, { timeoutMs: 10_000 });
    });
    afterAll(async () => {
      connection.close();
      await connection.closed;
      await sshd.stop();
    });

    const run = async (line: string) => collect(await connection.open({ line }));

    it('keeps output, errors and the status of a command apart', async () => {
      expect(await run('echo out; echo err >&2; exit 7')).toEqual({
        stdout: 'out\n',
        stderr: 'err\n',
        exit: { exitCode: 7, signal: null },
      });
    });

    it('tells a command that died by a signal', async () => {
      expect((await run('kill -KILL $$')).exit).toEqual({ exitCode: null, signal: 'KILL' });
    });

    it('passes stdin byte for byte and ends it', async () => {
      const channel = await connection.open({ line: 'sha256sum; cat' });
      const input = Buffer.from(Array.from({ length: 200_000 }, (_, index) => index % 251));
      channel.stdin.end(input);
      const { createHash } = await import('node:crypto');
      expect((await collect(channel)).stdout).toBe(
        `${createHash('sha256').update(input).digest('hex')}  -\n`,
      );
    });

    it('delivers all output that came before the exit', async () => {
      const channel = await connection.open({ line: 'head -c 20000000 /dev/zero; exit 3' });
      const [bytes, exit] = await Promise.all([drop(channel.stdout), channel.exited]);
      expect([bytes, exit.exitCode]).toEqual([20_000_000, 3]);
    });

    it('does not wait for a background child that keeps the pipes', async () => {
      const started = performance.now();
      const result = await run('sleep 5 & echo done');
      expect(result).toEqual({ stdout: 'done\n', stderr: '', exit: { exitCode: 0, signal: null } });
      expect(performance.now() - started).toBeLessThan(2_000);
    });

    it('holds back a command whose output nobody reads, and only that one', async () => {
      const slow = await connection.open({ line: 'head -c 50000000 /dev/zero; echo finished >&2' });
      expect((await run('echo other')).stdout).toBe('other\n');
      await delay(300);
      expect(slow.stderr.readableLength).toBe(0);
      const [bytes, stderr] = await Promise.all([drop(slow.stdout), text(slow.stderr)]);
      expect([bytes, stderr]).toEqual([50_000_000, 'finished\n']);
    });

    it('gives back-pressure to who writes stdin faster than the command reads', async () => {
      const channel = await connection.open({ line: 'sleep 1; wc -c' });
      let accepted = 0;
      const chunk = Buffer.alloc(65_536);
      while (channel.stdin.write(chunk) && accepted < 500) accepted += 1;
      for (
        let rounds = 0;
        rounds < 100 && (await Promise.race([once(channel.stdin), delay(50, 'held')])) !== 'held';
        rounds++
      )
        while (channel.stdin.write(chunk) && accepted < 500) accepted += 1;
      expect(accepted).toBeLessThan(200);
      channel.stdin.end();
      expect((await collect(channel)).exit.exitCode).toBe(0);
    });

    it('does not hang a writer when the command has ended', async () => {
      const channel = await connection.open({ line: 'exit 0' });
      await collect(channel);
      const failed = new Promise((resolve) => channel.stdin.write('late', resolve));
      expect(await failed).toBeInstanceOf(Error);
    });

    it('gives a terminal its size and its changes', async () => {
      const channel = await connection.open({
        line: `trap 'stty size; exit' WINCH; stty size; echo $TERM; while :; do sleep 0.05; done`,
        terminal: { columns: 91, rows: 33, term: 'xterm-256color' },
      });
      let seen = '';
      channel.stdout.on('data', (chunk: Buffer) => (seen += chunk.toString()));
      while (!seen.includes('xterm')) await delay(10);
      channel.resize({ columns: 120, rows: 40 });
      await channel.exited;
      expect(seen.replaceAll('\r', '').split('\n')).toEqual(
        expect.arrayContaining(['33 91', 'xterm-256color', '40 120']),
      );
    });

    it('cuts a command off when the channel is closed from here', async () => {
      const channel = await connection.open({ line: 'sleep 30' });
      channel.close();
      expect(await channel.exited).toEqual({ exitCode: 255, signal: null, cutOff: true });
    });

    it('refuses a host key other than the pinned one', async () => {
      const { publicKey } = await generateSshKeyPair('other');
      await expect(
        client.connect({ ...sshd.target, hostKey: publicKey }, { timeoutMs: 5_000 }),
      ).rejects.toMatchObject({
        kind: 'VM_GUEST_UNREACHABLE',
        reason: 'host-key',
        retryable: false,
      });
    });

    it('says that the key is refused', async () => {
      const { privateKey } = await generateSshKeyPair('stranger');
      await expect(
        client.connect({ ...sshd.target, privateKey }, { timeoutMs: 5_000 }),
      ).rejects.toMatchObject({
        reason: 'authentication',
        retryable: false,
      });
    });

    it('ends its commands when the connection is closed', async () => {
      const other = await client.connect(sshd.target, { timeoutMs: 5_000 });
      const channel = await other.open({ line: 'sleep 30' });
      other.close();
      await other.closed;
      expect(await channel.exited).toMatchObject({ exitCode: 255, cutOff: true });
      await expect(other.open({ line: 'true' })).rejects.toMatchObject({ reason: 'lost' });
    });

    it('stops connecting when told to', async () => {
      const stop = new AbortController();
      const pending = client.connect(
        { ...sshd.target, host: '127.0.0.1' },
        { timeoutMs: 5_000, signal: stop.signal },
      );
      stop.abort();
      await expect(pending).rejects.toMatchObject({ kind: 'CANCELLED' });
    });

    describe('pool', () => {
      let pool: SshPool;
      afterEach(() => pool.onApplicationShutdown());

      it('runs more commands at once than one connection may carry', async () => {
        pool = new SshPool(client);
        const shared = await pool.get('vm', sshd.target);
        const results = await Promise.all(
          Array.from({ length: 25 }, async (_, index) =>
            collect(await shared.open({ line: `sleep 0.2; echo ${index}` })),
          ),
        );
        expect(results.map(({ stdout }) => Number(stdout))).toEqual(
          Array.from({ length: 25 }, (_, index) => index),
        );
      });

      it('reconnects after the connection broke, and keeps to the target it was given', async () => {
        pool = new SshPool(client);
        const real = await client.connect(sshd.target, { timeoutMs: 5_000 });
        pool.put('vm', sshd.target, real);
        real.close();
        await real.closed;
        const again = await pool.get('vm', sshd.target);
        expect((await collect(await again.open({ line: 'echo back' }))).stdout).toBe('back\n');
        expect(await pool.get('vm', sshd.target)).toBe(again);
        expect(await pool.get('vm', { ...sshd.target, label: 'renamed' })).toBe(again);
      });

      it('ends what runs when the VM is dropped', async () => {
        pool = new SshPool(client);
        const channel = await (await pool.get('vm', sshd.target)).open({ line: 'sleep 30' });
        pool.drop('vm');
        expect(await channel.exited).toMatchObject({ cutOff: true });
      });
    });
  },
);

async function once(stream: { once(event: 'drain', listener: () => void): unknown }): Promise<void> {
  await new Promise<void>((resolve) => stream.once('drain', resolve));
}

describe('waiting for an SSH server', () => {
  let server: Server | undefined;
  afterEach(() => server?.close());

  it('tries again while it is refused or the connection is reset, and gives up at the deadline', async () => {
    const { privateKey, publicKey } = await generateSshKeyPair('none');
    let accepted = 0;
    server = createServer((socket) => {
      accepted += 1;
      socket.destroy();
    });
    await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const target = {
      host: '127.0.0.1',
      port,
      username: 'root',
      privateKey,
      hostKey: publicKey,
      label: 'web',
    };
    const attempt = connectWhenReady(client, target, {
      deadlineMs: performance.now() + 500,
      retryDelayMs: 50,
    });
    await expect(attempt).rejects.toMatchObject({
      reason: 'unreachable',
      details: { vm: 'web', channel: 'ssh' },
    });
    expect(accepted).toBeGreaterThan(2);
    const refused = connectWhenReady(
      client,
      { ...target, port: await freePort() },
      { deadlineMs: performance.now() + 100 },
    );
    await expect(refused).rejects.toBeInstanceOf(SshConnectError);
  });

  it('stops waiting when it is cancelled', async () => {
    const { privateKey, publicKey } = await generateSshKeyPair('none');
    const target = {
      host: '127.0.0.1',
      port: await freePort(),
      username: 'root',
      privateKey,
      hostKey: publicKey,
    };
    const signal = AbortSignal.timeout(100);
    await expect(
      connectWhenReady(client, target, { deadlineMs: performance.now() + 60_000, signal }),
    ).rejects.toMatchObject({
      kind: 'CANCELLED',
    });
  });
});
