import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Controller } from '@nestjs/common';
import { afterEach, describe, expect, it } from 'vitest';
import { RpcClient } from '../../../src/core/rpc/client.js';
import { JsonRpcServer } from '../../../src/core/rpc/index.js';
import { eventually, startHarness } from './rpc-harness.js';
import type { Harness } from './rpc-harness.js';
import { startDaemonFixture } from './daemon-process.js';
import { TEST_METHODS, TestController, TestRpc } from './test-methods.js';

let harness: Harness | undefined;
afterEach(async () => {
  await harness?.stop();
  harness = undefined;
});

@Controller()
class SecondPing {
  @TestRpc('test.ping')
  ping(): { value: number } {
    return { value: 2 };
  }
}

describe('at boot', () => {
  // Nest's own registry lets the later of two handlers win in silence.
  it('a method with two handlers fails', async () => {
    const boot = startHarness({ controllers: [TestController, SecondPing] });
    await expect(boot).rejects.toMatchObject({ message: 'the method test.ping has two handlers' });
  });

  it('a method without a handler fails, and so does a handler without a method', async () => {
    await expect(startHarness({ controllers: [SecondPing] })).rejects.toMatchObject({
      message: expect.stringMatching(/^methods without a handler: test\.echo, test\.params/),
    });
    const { 'test.ping': _ping, ...methods } = TEST_METHODS;
    await expect(startHarness({ methods })).rejects.toMatchObject({
      message: 'handlers of no method: test.ping',
    });
  });
});

describe('a client that goes', () => {
  it('has its requests aborted', async () => {
    harness = await startHarness();
    const { controller } = harness;
    for (const leave of ['end', 'destroy'] as const) {
      const raw = await harness.raw();
      raw.send(...[1, 2, 3].map((id) => ({ jsonrpc: '2.0', id, method: 'test.wait' })));
      raw.send({ jsonrpc: '2.0', method: 'test.wait' });
      await eventually(() => controller.waiting === 4, 'the handlers wait');
      raw.socket[leave]();
      await eventually(() => controller.waiting === 0, `the handlers are aborted by ${leave}`);
    }
  });

  it('in the middle of a line, or of an answer, harms nobody', async () => {
    harness = await startHarness();
    for (let round = 0; round < 20; round += 1) {
      const raw = await harness.raw();
      raw.send({ jsonrpc: '2.0', id: 1, method: 'test.big', params: { bytes: 500_000 } });
      raw.socket.write('{"jsonrpc":');
      if (round % 2 === 0) await new Promise(setImmediate);
      raw.socket.destroy();
    }
    const client = await harness.connect();
    expect(await client.request('test.ping', {})).toEqual({ value: expect.any(Number) });
  });
});

describe('closing', () => {
  it('aborts what is at work, answers it, takes nothing new, and may be repeated', async () => {
    harness = await startHarness();
    const raw = await harness.raw();
    const idle = await harness.raw();
    raw.send({ jsonrpc: '2.0', id: 1, method: 'test.wait' });
    await eventually(() => harness?.controller.waiting === 1, 'the handler waits');
    const closing = Promise.all([harness.server.close(), harness.server.close()]);
    raw.send({ jsonrpc: '2.0', id: 2, method: 'test.ping' });
    expect(await raw.next()).toMatchObject({ id: 1, error: { data: { kind: 'CANCELLED' } } });
    await closing;
    await Promise.all([raw.closed, idle.closed]);
    expect(await raw.next()).toBeUndefined();
    expect(harness.controller).toMatchObject({ calls: 0, aborted: 1 });
    await expect(harness.connect()).rejects.toMatchObject({ kind: 'DAEMON_UNREACHABLE' });
  });

  it('does not wait for ever, neither for a handler nor for a reader', async () => {
    harness = await startHarness({ limits: { drainMs: 100 } });
    const raw = await harness.raw();
    raw.send({ jsonrpc: '2.0', id: 1, method: 'test.echo', params: { text: '', count: 10 } });
    raw.send(
      { jsonrpc: '2.0', id: 2, method: 'test.stuck' },
      { jsonrpc: '2.0', id: 3, method: 'test.big', params: { bytes: 3e6 } },
    );
    raw.socket.pause();
    await eventually(() => harness?.controller.waiting === 1, 'the stream is stuck');
    const start = performance.now();
    await harness.server.close();
    expect(performance.now() - start).toBeLessThan(1_500);
  });

  it('rejects what clients wait for with CONNECTION_LOST', async () => {
    harness = await startHarness({ limits: { drainMs: 50 } });
    const client = await harness.connect();
    const pending = client.request('test.stuck', {}).catch((error: unknown) => error);
    await eventually(() => harness?.controller.waiting === 1, 'the stream is stuck');
    await harness.app.close();
    // The stream's abort is answered at once; had it not been, the end of the connection would be the answer.
    expect(await pending).toMatchObject({ kind: expect.stringMatching(/^(CANCELLED|CONNECTION_LOST)$/) });
    await client.closed;
    await expect(client.request('test.ping', {})).rejects.toMatchObject({ kind: 'CONNECTION_LOST' });
  });

  it('by SIGTERM ends the process cleanly, requests at work answered', async () => {
    const daemon = await startDaemonFixture();
    const client = await RpcClient.connect({ socketPath: daemon.socketPath });
    const pending = client.request('test.wait', {}).catch((error: unknown) => error);
    await client.request('test.ping', {});
    daemon.process.kill('SIGTERM');
    expect(await pending).toMatchObject({ kind: 'CANCELLED' });
    expect(await daemon.exited).toEqual({ exitCode: 0, output: 'listening\nshut down\n' });
    expect(await readdir(daemon.directory)).toEqual([]);
    await client.closed;
    await daemon.remove();
  });
});

describe('the socket file', () => {
  it('is the user’s alone; a group that does not exist changes nothing', async () => {
    harness = await startHarness({ socketGroup: 'no-such-group' });
    expect((await stat(harness.socketPath)).mode & 0o777).toBe(0o600);
  });

  it.skipIf(process.getuid?.() !== 0)(
    'is open to the group that is named (only root may give it away)',
    async () => {
      harness = await startHarness({ socketGroup: 'daemon' });
      const { mode, gid } = await stat(harness.socketPath);
      expect([mode & 0o777, gid]).toEqual([0o660, 1]);
    },
  );

  it('of a dead daemon is replaced, that of a live one is not', async () => {
    harness = await startHarness();
    const { socketPath } = harness;
    const second = listen(new JsonRpcServer({ socketPath, methods: {} }));
    await expect(second).rejects.toMatchObject({
      kind: 'DAEMON_ALREADY_RUNNING',
      details: { socket: socketPath },
    });
    expect(await (await harness.connect()).request('test.ping', {})).toEqual({ value: 1 });

    const directory = await mkdtemp(join(tmpdir(), 'bgr-rpc-'));
    const path = join(directory, 's');
    await leaveStaleSocket(path);
    const server = new JsonRpcServer({ socketPath: path, methods: {} });
    await listen(server);
    const client = await RpcClient.connect({ socketPath: path });
    expect(await client.request('rpc.discover', {})).toMatchObject({ methods: [] });
    await client.close();
    await server.close();
    await writeFile(path, 'not a socket');
    await listen(new JsonRpcServer({ socketPath: path, methods: {} })).then((late) => late.close());
    await rm(directory, { recursive: true });
  });

  it('must have a path that the kernel takes', async () => {
    const socketPath = `/tmp/${'x'.repeat(103)}`;
    const error = { kind: 'SOCKET_PATH_TOO_LONG', details: { path: socketPath, max: 107 } };
    await expect(listen(new JsonRpcServer({ socketPath, methods: {} }))).rejects.toMatchObject(error);
    await expect(RpcClient.connect({ socketPath })).rejects.toMatchObject(error);
  });

  it('that is absent or forbidden is told apart by the client', async () => {
    const absent = RpcClient.connect({ socketPath: '/tmp/bgr-no-such-socket' });
    await expect(absent).rejects.toMatchObject({
      kind: 'DAEMON_UNREACHABLE',
      why: expect.stringContaining('no daemon'),
    });
  });
});

function listen(server: JsonRpcServer): Promise<JsonRpcServer> {
  return new Promise((resolve, reject) => {
    server.listen((error) => (error === undefined ? resolve(server) : reject(error)));
  });
}

/** A server that goes without unlinking, as a killed daemon does: its file is moved aside and back. */
async function leaveStaleSocket(path: string): Promise<void> {
  const { rename } = await import('node:fs/promises');
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(path, resolve));
  await rename(path, `${path}.kept`);
  await new Promise((resolve) => server.close(resolve));
  await rename(`${path}.kept`, path);
}
