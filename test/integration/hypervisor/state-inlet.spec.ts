import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { StateInlet } from '../../../src/vm/hypervisor/qemu/saving/state-inlet.adapter.js';
import { SmallFilesystem } from '../../support/small-filesystem.js';

const MIB = 1024 * 1024;
const { signal } = new AbortController();

let directory: string;
let path: string;
let inlet: StateInlet;
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'bgr-inlet-'));
  path = join(directory, 'state');
  // what a killed daemon has left
  writeFileSync(join(directory, 'state.sock'), '');
  inlet = await StateInlet.open(join(directory, 'state.sock'), path);
});
afterEach(async () => {
  await inlet.close();
  expect(existsSync(inlet.socketPath)).toBe(false);
  rmSync(directory, { recursive: true });
});

/** Connects as a VMM does. */
async function sender(): Promise<Socket> {
  const socket = connect(inlet.socketPath);
  await once(socket, 'connect');
  return socket;
}

describe('the state of a machine', () => {
  it('comes to its file whole, which is the daemon’s alone', async () => {
    const parts = [randomBytes(1), randomBytes(3 * MIB), randomBytes(500_000)];
    const socket = await sender();
    for (const part of parts) socket.write(part);
    const received = inlet.received(signal);
    expect(await Promise.race([received.then(() => 'all'), once(socket, 'drain').then(() => 'some')])).toBe(
      'some',
    );
    socket.end();
    await received;
    await inlet.received(signal);
    expect(readFileSync(path).equals(Buffer.concat(parts))).toBe(true);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('is taken from the first who comes, and from nobody else', async () => {
    const socket = await sender();
    socket.write('state');
    await expect.poll(() => existsSync(path)).toBe(true);
    await expect(sender()).rejects.toMatchObject({ code: expect.stringMatching(/ENOENT|ECONNREFUSED/) });
    socket.end();
    await inlet.received(signal);
    expect(readFileSync(path, 'utf8')).toBe('state');
  });

  it('may have 64 MiB, and no more: the rest is not even read', async () => {
    const socket = await sender();
    const chunk = Buffer.alloc(MIB, 1);
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.on('error', () => undefined);
    for (let sent = 0; sent < 65; sent += 1) socket.write(chunk);
    await expect(inlet.received(signal)).rejects.toMatchObject({
      kind: 'VMM_PROTOCOL',
      message: expect.stringContaining('a state past the bound'),
    });
    await closed;
    expect(statSync(path).size).toBeLessThanOrEqual(64 * MIB);
  });

  it('overwrites nothing', async () => {
    writeFileSync(path, 'precious');
    const socket = await sender();
    socket.on('error', () => undefined);
    socket.end('state');
    await expect(inlet.received(signal)).rejects.toMatchObject({ code: 'EEXIST' });
    expect(readFileSync(path, 'utf8')).toBe('precious');
  });

  /** Skipped without root: a file system has to be mounted. */
  it.skipIf(process.getuid?.() !== 0)('that does not fit on the disk is told as that', async () => {
    const small = new SmallFilesystem(join(directory, 'small'), 1);
    const own = await StateInlet.open(join(directory, 'other.sock'), join(small.directory, 'state'));
    try {
      const socket = connect(own.socketPath);
      socket.on('error', () => undefined);
      socket.end(Buffer.alloc(2 * MIB, 1));
      await expect(own.received(signal)).rejects.toMatchObject({ kind: 'DISK_FULL' });
    } finally {
      await own.close();
      small.unmount();
    }
  });

  it('that nobody sends is waited for no longer than until it is given up', async () => {
    const told = expect(inlet.received(signal)).rejects.toMatchObject({
      kind: 'VMM_PROTOCOL',
      message: expect.stringContaining('it was given up'),
    });
    await inlet.close();
    await inlet.close();
    await told;
    await expect(sender()).rejects.toMatchObject({ code: 'ENOENT' });
    expect(existsSync(path)).toBe(false);
  });
});
