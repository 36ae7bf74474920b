import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BangerError } from '../../../src/core/errors/index.js';
import { currentRef, runWithRef } from '../../../src/core/logging/index.js';
import { openByteChannel } from '../../../src/core/rpc/client.js';
import type { ClientByteChannel } from '../../../src/core/rpc/client.js';
import type { ServerByteChannel } from '../../../src/core/rpc/index.js';
import { eventually, startHarness } from './rpc-harness.js';
import type { Harness } from './rpc-harness.js';

let harness: Harness;
beforeEach(async () => {
  harness = await startHarness();
});
afterEach(() => harness.stop());

type Handler = (channel: ServerByteChannel) => Promise<void>;

function open(handler: Handler): Promise<ClientByteChannel> {
  return openByteChannel({ socketPath: harness.socketPath, token: harness.channels.grant(handler).token });
}

const OK = { exitCode: 0, signal: null };

describe('a byte channel', () => {
  it('carries input, both outputs and the exit status', async () => {
    const channel = await open(async (served) => {
      const input = await text(served.stdin);
      served.stdout.write(`out ${input}`);
      served.stderr.write(`err ${input}`);
      await served.exit({ exitCode: 7, signal: null });
    });
    channel.stdin.end('hello');
    expect(await Promise.all([text(channel.stdout), text(channel.stderr), channel.exited])).toEqual([
      'out hello',
      'err hello',
      { exitCode: 7, signal: null },
    ]);
  });

  it('carries 24 MiB each way at once, unchanged', async () => {
    const piece = randomBytes(1 << 20);
    const expected = createHash('sha256');
    for (let round = 0; round < 24; round += 1) expected.update(piece);
    const channel = await open(async (served) => {
      await pipeline(served.stdin, served.stdout);
      await served.exit(OK);
    });
    const received = createHash('sha256');
    await Promise.all([
      pipeline(Readable.from(Array.from({ length: 24 }, () => piece)), channel.stdin),
      pipeline(channel.stdout, received),
    ]);
    expect(received.digest('hex')).toBe(expected.digest('hex'));
    expect(await channel.exited).toEqual(OK);
  });

  it('tells of resizes and signals, and runs under the reference of its grant', async () => {
    const seen: unknown[] = [];
    const { token } = runWithRef('cli-7', () =>
      harness.channels.grant(async (served) => {
        seen.push(currentRef());
        served.onResize((size) => seen.push(size));
        const signalled = new Promise<void>((resolve) => {
          served.onSignal((name) => resolve(void seen.push(name)));
        });
        await signalled;
        await served.exit({ exitCode: null, signal: 'INT' });
      }),
    );
    const channel = await openByteChannel({ socketPath: harness.socketPath, token });
    channel.resize({ columns: 132, rows: 50 });
    channel.resize({ columns: 0, rows: 1e9 });
    channel.signal('SIGINT');
    expect(await channel.exited).toEqual({ exitCode: null, signal: 'INT' });
    expect(seen).toEqual(['cli-7', { columns: 132, rows: 50 }, { columns: 1, rows: 65_535 }, 'INT']);
  });

  it('reports a failure in place of a status', async () => {
    const known = await open(async (served) => {
      served.stdout.write('some output');
      throw new BangerError('VM_NOT_FOUND', 'no VM called x', { details: { vm: 'x' } });
    });
    await expect(known.exited).rejects.toMatchObject({ kind: 'VM_NOT_FOUND', message: 'no VM called x' });
    const defect = await open(() => Promise.reject(new TypeError('secret')));
    await expect(defect.exited).rejects.toMatchObject({ kind: 'INTERNAL', message: 'internal error' });
    const silent = await open(() => Promise.resolve());
    await expect(silent.exited).rejects.toMatchObject({ kind: 'INTERNAL' });
  });

  it('lets a command end without reading its input', async () => {
    const channel = await open((served) => served.exit(OK));
    channel.stdin.write(Buffer.alloc(1 << 20));
    expect(await channel.exited).toEqual(OK);
  });
});

describe('tokens', () => {
  const failure = { kind: 'CHANNEL_TOKEN_INVALID', fix: expect.any(String) };

  it('are long, and good for one connection', async () => {
    const { token, expiresAt } = harness.channels.grant((served) => served.exit(OK));
    expect(Buffer.from(token, 'base64url')).toHaveLength(32);
    expect(Date.parse(expiresAt) - Date.now()).toBeGreaterThan(29_000);
    const { socketPath } = harness;
    expect(await (await openByteChannel({ socketPath, token })).exited).toEqual(OK);
    await expect(openByteChannel({ socketPath, token })).rejects.toMatchObject(failure);
  });

  it('are good for a time, and only if they were granted', async () => {
    const { socketPath } = harness;
    const { token } = harness.channels.grant((served) => served.exit(OK), 20);
    await sleep(40);
    await expect(openByteChannel({ socketPath, token })).rejects.toMatchObject(failure);
    await expect(openByteChannel({ socketPath, token: '' })).rejects.toMatchObject(failure);
  });

  it('are not granted without bounds', () => {
    const grant = (): unknown => harness.channels.grant((served) => served.exit(OK));
    for (let count = 0; count < 1_024; count += 1) grant();
    expect(grant).toThrow(expect.objectContaining({ kind: 'LIMIT_EXCEEDED' }));
  });

  it('open nothing on a connection that has already been used for requests', async () => {
    const raw = await harness.raw();
    raw.send({ jsonrpc: '2.0', id: 1, method: 'test.ping' });
    await raw.next();
    const { token } = harness.channels.grant((served) => served.exit(OK));
    raw.send({ jsonrpc: '2.0', id: 2, method: '$/channel', params: { token } });
    expect(await raw.next()).toMatchObject({ id: 2, error: { code: -32601 } });
  });
});

describe('flow control', () => {
  it('holds a fast writer back while the client does not read; nothing piles up', async () => {
    let written = 0;
    const before = process.memoryUsage();
    const channel = await open(async (served) => {
      const chunk = Buffer.alloc(65_536);
      for (; written < 256 << 20; written += chunk.length) {
        if (!served.stdout.write(chunk)) await once(served.stdout, 'drain');
      }
      await served.exit(OK);
    });
    await sleep(300);
    // one window, and what the stream itself buffers
    expect(written).toBeLessThan(600_000);
    const after = process.memoryUsage();
    expect(after.arrayBuffers - before.arrayBuffers).toBeLessThan(8 << 20);
    let received = 0;
    for await (const chunk of channel.stdout) received += (chunk as Buffer).length;
    expect(received).toBe(256 << 20);
    expect(await channel.exited).toEqual(OK);
  });

  it('holds a fast client back while the command does not read', async () => {
    const { promise: readNow, resolve: read } = Promise.withResolvers<void>();
    const channel = await open(async (served) => {
      await readNow;
      let received = 0;
      for await (const chunk of served.stdin) received += (chunk as Buffer).length;
      await served.exit({ exitCode: received === 2 << 20 ? 0 : 1, signal: null });
    });
    channel.stdin.end(Buffer.alloc(2 << 20));
    await sleep(50);
    expect(channel.stdin.writableFinished).toBe(false);
    read();
    expect(await channel.exited).toEqual(OK);
  });

  it('is per stream: errors arrive while output waits', async () => {
    const channel = await open(async (served) => {
      served.stdout.write(Buffer.alloc(1 << 20));
      served.stderr.end('trouble');
      await served.closed;
    });
    expect(await text(channel.stderr)).toBe('trouble');
    await channel.close();
  });
});

describe('a channel whose other side goes', () => {
  it('aborts the handler and destroys its streams', async () => {
    let served: ServerByteChannel | undefined;
    const channel = await open(async (given) => {
      served = given;
      given.stdout.write(Buffer.alloc(1 << 20));
      await given.closed;
    });
    await channel.close();
    await eventually(() => served?.aborted.aborted === true, 'the handler is told');
    expect([served?.stdin.destroyed, served?.stdout.destroyed]).toEqual([true, true]);
    // neither of these may throw or wait for ever
    await served?.exit(OK);
    served?.stdout.write('late');
  });

  it('rejects with CONNECTION_LOST when the daemon ends', async () => {
    const channel = await open((served) => served.closed);
    await harness.server.close();
    await expect(channel.exited).rejects.toMatchObject({ kind: 'CONNECTION_LOST' });
    expect(await text(channel.stdout)).toBe('');
    expect(channel.stdin.destroyed).toBe(true);
  });

  it('rejects with CANCELLED when the client’s signal is aborted', async () => {
    const controller = new AbortController();
    const { token } = harness.channels.grant((served) => served.closed);
    const { signal } = controller;
    const channel = await openByteChannel({ socketPath: harness.socketPath, token, signal });
    controller.abort();
    await expect(channel.exited).rejects.toMatchObject({ kind: 'CANCELLED' });
  });
});

describe('frames that break the protocol', () => {
  const frame = (type: number, payload: Buffer | string): Buffer => {
    const header = Buffer.alloc(5);
    header.writeUInt32BE(Buffer.byteLength(payload));
    header.writeUInt8(type, 4);
    return Buffer.concat([header, Buffer.from(payload)]);
  };
  const oversized = Buffer.from([0x00, 0x01, 0x00, 0x01, 0x00]);

  it.each([
    ['an oversized frame', oversized],
    ['an unknown type', frame(9, '')],
    ['output from a client', frame(1, 'x')],
    ['an exit from a client', frame(7, '{}')],
    ['a resize of the wrong length', frame(5, 'abc')],
    ['a resize to nothing', frame(5, '\0\0\0\0')],
    ['credit for a stream that is not there', frame(4, Buffer.from([9, 0, 0, 0, 1]))],
    ['credit for its own stream', frame(4, Buffer.from([0, 0, 0, 0, 1]))],
    ['an eof of nothing', frame(3, '')],
    ['a signal without a name', frame(6, 'INT; rm')],
    ['input after its end', Buffer.concat([frame(3, Buffer.of(0)), frame(0, 'x')])],
    [
      'more input than the window',
      Buffer.concat(Array.from({ length: 5 }, () => frame(0, Buffer.alloc(65_536)))),
    ],
  ])('%s ends the channel and aborts the handler', async (_what, bytes) => {
    let aborted: AbortSignal | undefined;
    const { token } = harness.channels.grant(async (served) => {
      aborted = served.aborted;
      await served.closed;
    });
    const raw = await harness.raw();
    raw.send({ jsonrpc: '2.0', method: '$/channel', params: { token } });
    raw.socket.write(bytes);
    await raw.closed;
    expect(aborted?.reason).toMatchObject({ kind: 'REQUEST_MALFORMED' });
  });

  it('is not reading tiny ones: a window of single bytes costs little memory', async () => {
    const { token } = harness.channels.grant((served) => served.closed);
    const raw = await harness.raw();
    raw.send({ jsonrpc: '2.0', method: '$/channel', params: { token } });
    const before = process.memoryUsage().heapUsed;
    raw.socket.write(Buffer.concat(Array.from({ length: 200_000 }, () => frame(0, 'x'))));
    await eventually(() => raw.socket.writableLength === 0, 'all is taken');
    await sleep(50);
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(64 << 20);
  });
});
