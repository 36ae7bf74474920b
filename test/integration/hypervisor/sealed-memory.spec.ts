import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import {
  closeSync,
  fstatSync,
  ftruncateSync,
  linkSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { NodeProcessRunner } from '../../../src/core/process/index.js';
import { SealedMemories } from '../../../src/vm/hypervisor/qemu/saving/sealed-memory.adapter.js';

const MIB = 1024 * 1024;
const SIZE = 64 * MIB;

const runner = new NodeProcessRunner();
let directory: string;
let path: string;
let memories: SealedMemories;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'bgr-memory-'));
  path = makeMemory('memory');
  memories = new SealedMemories(runner);
});
afterEach(async () => {
  expect(await runner.findByArguments((argv) => argv.some((it) => it.includes(directory)))).toEqual([]);
  rmSync(directory, { recursive: true });
});

/** As QEMU leaves one: a little data between holes, and a hole at the end. */
function makeMemory(name: string): string {
  const made = join(directory, name);
  const file = openSync(made, 'w');
  ftruncateSync(file, SIZE);
  for (const [at, length] of [
    [0, 10],
    [MIB + 4096, 3 * MIB],
    [40 * MIB + 1, 5000],
  ] as const)
    writeSync(file, randomBytes(length), 0, length, at);
  closeSync(file);
  return made;
}

function sha256(what: string | number): string {
  return createHash('sha256').update(readFileSync(what)).digest('hex');
}

/** Through a path: a descriptor keeps its own position. */
function read(descriptor: number): string {
  return sha256(`/proc/self/fd/${descriptor}`);
}

function openDescriptors(): number {
  return readdirSync('/proc/self/fd').length;
}

describe('a sealed memory', () => {
  it('has the content of its file, its holes too, and stays when the file goes', async () => {
    const digest = sha256(path);
    await memories.use(path, async (descriptor) => {
      rmSync(path);
      const { size, blocks } = fstatSync(descriptor);
      expect([read(descriptor), size]).toEqual([digest, SIZE]);
      expect(blocks * 512).toBeLessThan(4 * MIB);
    });
  });

  it('is all hole when its file is, and empty when that is', async () => {
    truncateSync(path, 0);
    await memories.use(path, async (descriptor) => expect(fstatSync(descriptor).size).toBe(0));
    truncateSync(path, SIZE);
    await memories.use(path, async (descriptor) => {
      const { size, blocks } = fstatSync(descriptor);
      expect([size, blocks]).toEqual([SIZE, 0]);
    });
  });

  /** Not even by root, by whatever way: it is in the memory of all machines that come of it. */
  it('cannot be changed by anybody', async () => {
    const digest = sha256(path);
    await memories.use(path, async (descriptor) => {
      const again = `/proc/self/fd/${descriptor}`;
      expect(() => writeFileSync(descriptor, 'x')).toThrow('EBADF');
      const writable = openSync(again, 'r+');
      for (const change of [
        () => writeSync(writable, 'x', 0),
        () => writeSync(writable, 'x', SIZE),
        () => ftruncateSync(writable, SIZE - 1),
        () => ftruncateSync(writable, SIZE + 1),
        () => ftruncateSync(writable, 0),
      ])
        expect(change).toThrow('EPERM');
      closeSync(writable);
      expect(() => openSync(again, 'w'), 'which would cut it').toThrow('EPERM');
      const child = ['-e', 'open(my $f, "+<&=", 3) && syswrite($f, "x") and exit 1; exit 0'];
      execFileSync('perl', child, { stdio: ['ignore', 'inherit', 'inherit', descriptor] });
      expect(read(descriptor)).toBe(digest);
    });
  });

  it('is made once, and anew when its file is another or has changed', async () => {
    const inode = (): Promise<number> => memories.use(path, async (descriptor) => fstatSync(descriptor).ino);
    const first = await inode();
    expect(await Promise.all([inode(), inode()])).toEqual([first, first]);
    renameSync(makeMemory('other'), path);
    const second = await inode();
    expect(second).not.toBe(first);
    await memories.use(path, async (descriptor) => expect(read(descriptor)).toBe(sha256(path)));
    const file = openSync(path, 'r+');
    writeSync(file, 'changed', 0);
    closeSync(file);
    utimesSync(path, new Date(), new Date('2026-01-01T00:00:00Z'));
    expect(await inode()).not.toBe(second);
    await memories.use(path, async (descriptor) => expect(read(descriptor)).toBe(sha256(path)));
  });

  it('is kept open once, whatever its users do, and not more than four are', async () => {
    const before = openDescriptors();
    for (let round = 0; round < 3; round += 1) await memories.use(path, async () => undefined);
    await expect(memories.use(path, () => Promise.reject(new RangeError('its user')))).rejects.toThrow(
      'its user',
    );
    expect(openDescriptors() - before).toBe(1);
    renameSync(makeMemory('other'), path);
    await memories.use(path, async () => undefined);
    expect(openDescriptors() - before, 'another file is another memory').toBe(2);
    linkSync(path, join(directory, 'second name'));
    await memories.use(join(directory, 'second name'), async () => undefined);
    expect(openDescriptors() - before, 'the same file under another name is not').toBe(2);
    for (let number = 0; number < 6; number += 1)
      await memories.use(makeMemory(`memory-${number}`), async () => undefined);
    expect(openDescriptors() - before).toBe(4);
  });

  it('is not made of a file that is not there, which leaves nothing; once there, it works', async () => {
    const before = openDescriptors();
    const aside = join(directory, 'aside');
    renameSync(path, aside);
    for (let round = 0; round < 2; round += 1)
      await expect(memories.use(path, async () => undefined)).rejects.toMatchObject({ code: 'ENOENT' });
    // perl reads no directory
    await expect(memories.use(directory, async () => undefined)).rejects.toMatchObject({
      kind: 'PROCESS_FAILED',
    });
    expect(openDescriptors()).toBe(before);
    renameSync(aside, path);
    await memories.use(path, async (descriptor) => expect(read(descriptor)).toBe(sha256(path)));
  });

  /** One that was let go while it was still being made was closed before its user had a descriptor of its own. */
  it('can be had of more files at once than are kept', async () => {
    const paths = [0, 1, 2, 3, 4, 5, 6].map((number) => makeMemory(`memory-${number}`));
    const digests = await Promise.all(paths.map((one) => memories.use(one, async (fd) => read(fd))));
    expect(digests).toEqual(paths.map(sha256));
  });
});
