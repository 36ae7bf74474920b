import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { connectUnixSocket } from '../../../src/vm/hypervisor/qemu/unix-socket.adapter.js';

let directory: string;
let path: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'bgr-socket-'));
  path = join(directory, 'qmp.sock');
});

afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

/** Nothing else of this process runs meanwhile: a connection that the kernel made is not seen yet. */
function standStill(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

const LISTENS_AND_ENDS = `
  const server = require('node:net').createServer().listen(process.argv[1], () => {
    process.stdout.write('listening');
    (${standStill.toString()})(300);
    process.exit();
  });`;

/** QEMU listens before it reads the kernel: one that ends over a bad kernel takes the waiting connection with it. */
it('goes on trying when the program ends with the connection in its queue, until the signal aborts', async () => {
  const program = spawn(process.execPath, ['-e', LISTENS_AND_ENDS, path], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(program, 'exit');
  await once(program.stdout, 'data');
  const abort = new AbortController();
  const outcome = connectUnixSocket(path, abort.signal).then(
    () => 'connected',
    (error: unknown) => error,
  );
  standStill(1_000);
  await ended;
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
