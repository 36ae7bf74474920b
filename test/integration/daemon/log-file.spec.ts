import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { appendFile, mkdir, mkdtemp, readFile, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DaemonLogAdapter } from '../../../src/cli/daemon/daemon-log.adapter.js';
import { createLogger, LogFile } from '../../../src/core/logging/index.js';
import type { Logger } from '../../../src/core/logging/index.js';
import { SmallFilesystem } from '../../support/small-filesystem.js';

const MAX_BYTES = 10_000;

describe('the log of the daemon', () => {
  let root: string;
  let path: string;
  let file: LogFile;
  let logger: Logger;
  let count: number;

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'bgr-log-'));
    await mkdir(join(root, 'log'));
    path = join(root, 'log/bangerd.log');
    file = new LogFile(path, MAX_BYTES);
    logger = createLogger({ level: 'info', destination: file.stream });
    count = 0;
  });
  afterEach(async () => {
    file.stream.destroy();
    await rm(root, { recursive: true, force: true });
  });

  function log(lines: number): void {
    for (let line = 0; line < lines; line += 1) logger.info({ n: (count += 1) }, 'a line');
  }
  async function fillUp(): Promise<void> {
    while ((await stat(path)).size <= MAX_BYTES) log(50);
  }
  const numbers = (lines: readonly string[]): number[] =>
    lines.map((line) => (JSON.parse(line) as { n: number }).n);
  const upTo = (last: number, first = 1): number[] =>
    Array.from({ length: last - first + 1 }, (_, index) => first + index);
  const linesIn = async (name: string): Promise<number[]> =>
    numbers((await readFile(name, 'utf8')).trimEnd().split('\n'));

  it('is set aside when it is large, with the one before it given up, and never before', async () => {
    log(3);
    await file.keep();
    expect(await linesIn(path)).toEqual([1, 2, 3]);
    for (let round = 0; round < 3; round += 1) {
      const first = round === 0 ? 1 : count + 1;
      await fillUp();
      await file.keep();
      expect((await stat(path)).size).toBe(0);
      expect(await linesIn(`${path}.1`)).toEqual(upTo(count, first));
      expect((await stat(`${path}.1`)).mode & 0o777).toBe(0o600);
    }
    log(1);
    expect(await linesIn(path)).toEqual([count]);
    expect((await readdir(join(root, 'log'))).toSorted()).toEqual(['bangerd.log', 'bangerd.log.1']);
  });

  it('loses no line that is written while it is set aside', async () => {
    await fillUp();
    const setting = { aside: false };
    const kept = file.keep().finally(() => (setting.aside = true));
    // before, while and after it happens, however long the copying takes
    while (!setting.aside) {
      log(1);
      await new Promise(setImmediate);
    }
    await kept;
    log(3);
    expect([...(await linesIn(`${path}.1`)), ...(await linesIn(path))]).toEqual(upTo(count));
  });

  it('still hears the last words of a process that had it open before', async () => {
    const descriptor = openSync(path, 'a');
    const words = 'process.stdin.once("data", () => { console.error("out of memory"); process.exit(70); })';
    const child = spawn(process.execPath, ['-e', words], { stdio: ['pipe', descriptor, descriptor] });
    closeSync(descriptor);
    for (let round = 0; round < 2; round += 1) {
      await fillUp();
      await file.keep();
    }
    child.stdin?.write('die');
    await once(child, 'exit');
    expect(await readFile(path, 'utf8')).toBe('out of memory\n');
  });

  it('goes on, whole, where it cannot be set aside, and is when it can', async () => {
    await mkdir(join(`${path}.1`, 'in the way'), { recursive: true });
    await fillUp();
    await expect(file.keep()).rejects.toThrow();
    log(1);
    expect(await linesIn(path)).toEqual(upTo(count));
    expect((await readdir(join(root, 'log'))).toSorted()).toEqual(['bangerd.log', 'bangerd.log.1']);
    await rm(`${path}.1`, { recursive: true });
    await file.keep();
    expect(await linesIn(`${path}.1`)).toEqual(upTo(count));
  });

  it.runIf(process.getuid?.() === 0)('takes no room that guests need', async () => {
    const disk = new SmallFilesystem(join(root, 'small'), 32);
    try {
      path = join(disk.directory, 'bangerd.log');
      file = new LogFile(path, MAX_BYTES);
      logger = createLogger({ level: 'info', destination: file.stream });
      await fillUp();
      await file.keep();
      expect(await linesIn(path)).toEqual(upTo(count));
      expect(await readdir(disk.directory)).toEqual(['bangerd.log']);
    } finally {
      disk.unmount();
    }
  });

  it('is made anew when it, or its directory, was taken away', async () => {
    log(1);
    await rm(path);
    await file.keep();
    log(1);
    expect(await linesIn(path)).toEqual([2]);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    await rename(join(root, 'log'), join(root, 'elsewhere'));
    await file.keep();
    log(1);
    expect(await linesIn(path)).toEqual([3]);
    await rename(path, `${path}.mine`);
    await writeFile(path, '');
    await file.keep();
    log(1);
    expect(await linesIn(path)).toEqual([4]);
  });

  it('closes no descriptor twice when something stood in its way', async () => {
    const failures: unknown[] = [];
    file.stream.on('error', (error: unknown) => failures.push(error));
    await rm(path);
    await mkdir(path);
    for (let round = 0; round < 3; round += 1) await expect(file.keep()).rejects.toThrow(/EISDIR/);
    await rm(path, { recursive: true });
    await file.keep();
    await new Promise((resolve) => setTimeout(resolve, 50));
    log(1);
    expect(await linesIn(path)).toEqual([1]);
    expect(failures).toEqual([]);
  });

  it('leaves the state directory to others, and comes back with it', async () => {
    await rename(root, `${root}-away`);
    for (let round = 0; round < 3; round += 1) await expect(file.keep()).rejects.toThrow(/ENOENT/);
    log(1);
    await rename(`${root}-away`, root);
    await file.keep();
    log(1);
    expect(await linesIn(path)).toEqual([1, 2]);
  });

  it('is followed while it is set aside, again and again, without a line lost or told twice', async () => {
    const stopping = new AbortController();
    const seen: string[] = [];
    const followed = (async () => {
      for await (const line of new DaemonLogAdapter().follow(path, 0, stopping.signal)) seen.push(line);
    })();
    await new Promise((resolve) => setTimeout(resolve, 100));
    for (let round = 0; round < 3; round += 1) {
      await fillUp();
      await expect.poll(() => seen.length).toBe(count);
      // more, and set aside before the follower looks again
      log(20);
      await file.keep();
      log(5);
      await expect.poll(() => seen.length).toBeGreaterThanOrEqual(count);
    }
    stopping.abort();
    await followed;
    expect(numbers(seen)).toEqual(upTo(count));
  });

  it('has its last lines shown over the setting aside', async () => {
    await fillUp();
    await file.keep();
    log(2);
    const shown = new DaemonLogAdapter();
    expect(numbers(await shown.tail(path, 10))).toEqual(upTo(count, count - 9));
    expect(numbers(await shown.tail(path, 2))).toEqual([count - 1, count]);
    expect(await shown.tail(path, 0)).toEqual([]);
  });

  it('is followed whole, whatever lies across the ends of the blocks that it is read in', async () => {
    const stop = new AbortController();
    const following = new DaemonLogAdapter().follow(path, 10, stop.signal);
    await writeFile(path, 'old\n');
    expect((await following.next()).value).toBe('old');
    // of three bytes each: 64 KiB end within one
    const long = '€'.repeat(50_000);
    await appendFile(path, `${long}\nend\n`);
    expect((await following.next()).value === long).toBe(true);
    expect((await following.next()).value).toBe('end');
    stop.abort();
  });
});
