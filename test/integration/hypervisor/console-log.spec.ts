import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConsoleLog } from '../../../src/vm/hypervisor/qemu/console-log.adapter.js';
import { FakeByteSocket } from '../../support/fakes/fake-byte-socket.js';

let directory: string;
let path: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'bgr-console-'));
  path = join(directory, 'console.log');
});

afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

describe('ConsoleLog', () => {
  it('keeps what was there, and creates the file for its owner alone', async () => {
    const socket = new FakeByteSocket();
    const log = await ConsoleLog.open(path, socket);
    socket.receive('first boot\n');
    socket.close();
    await log.finished;
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    const again = new FakeByteSocket();
    const second = await ConsoleLog.open(path, again);
    again.receive('second boot\n');
    second.close();
    await second.finished;
    expect(await readFile(path, 'utf8')).toBe('first boot\nsecond boot\n');
  });

  it('never passes its bound, and keeps the newest', async () => {
    await writeFile(path, 'x'.repeat(900));
    const socket = new FakeByteSocket();
    const log = await ConsoleLog.open(path, socket, 1_000);
    let written = '';
    for (let line = 0; line < 2_000; line += 1) {
      const text = `line ${line}\n`;
      written += text;
      socket.receive(text);
      if (line % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
      if (line % 200 === 0) expect((await stat(path)).size).toBeLessThanOrEqual(1_000);
    }
    socket.close();
    await log.finished;
    const kept = await readFile(path, 'utf8');
    expect(kept.length).toBeLessThanOrEqual(1_000);
    expect(kept.length).toBeGreaterThan(400);
    expect(written.endsWith(kept)).toBe(true);
  });

  it('takes one piece larger than the bound', async () => {
    const socket = new FakeByteSocket();
    const log = await ConsoleLog.open(path, socket, 100);
    socket.receive('old');
    socket.receive(`${'y'.repeat(500)}end`);
    socket.close();
    await log.finished;
    expect(await readFile(path, 'utf8')).toBe(`${'y'.repeat(97)}end`);
  });
});
