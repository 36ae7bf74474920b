import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { connectUnixSocket } from '../../../src/vm/hypervisor/qemu/unix-socket.adapter.js';
import { standStill, startDyingListener } from '../../support/dying-listener.js';

let directory: string;
let path: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'bgr-socket-'));
  path = join(directory, 'qmp.sock');
});

afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

/** QEMU listens before it reads the kernel: one that ends over a bad kernel takes the waiting connection with it. */
it('goes on trying when the program ends with the connection in its queue, until the signal aborts', async () => {
  const program = await startDyingListener(path, 300);
  const abort = new AbortController();
  const outcome = connectUnixSocket(path, abort.signal).then(
    () => 'connected',
    (error: unknown) => error,
  );
  standStill(1_000);
  await program.ended;
  const reason = new Error('the process ended');
  abort.abort(reason);
  expect(await outcome).toBe(reason);
});

it('connects as soon as somebody listens', async () => {
  const connecting = connectUnixSocket(path, AbortSignal.timeout(10_000));
  const server = createServer();
  server.listen(path);
  const socket = await connecting;
  socket.close();
  server.close();
  await once(server, 'close');
});
