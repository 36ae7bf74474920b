import { execFileSync } from 'node:child_process';
import { mkdir, readdir, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DiskBackend } from '../../../src/host/index.js';
import { openHost } from './support/host-fixture.js';
import type { HostFixture } from './support/host-fixture.js';

const MIB = 1024 * 1024;

interface Info {
  'virtual-size': number;
  format: string;
  'full-backing-filename': string;
  'backing-filename-format': string;
}

function info(path: string): Info {
  return JSON.parse(execFileSync('qemu-img', ['info', '--output=json', path], { encoding: 'utf8' })) as Info;
}

describe('qcow2 disks', () => {
  let host: HostFixture;
  let disks: DiskBackend;
  let basePath: string;
  let directory: string;
  let count = 0;
  beforeAll(async () => {
    host = await openHost();
    disks = host.module.get(DiskBackend);
  });
  afterAll(() => host.close());
  beforeEach(async () => {
    count += 1;
    directory = join(host.directory, `disks-${count}`);
    await mkdir(directory);
    basePath = join(directory, 'base.raw');
    await writeFile(basePath, Buffer.alloc(4 * MIB, 'base'));
  });

  it('are available with their version', async () => {
    expect(await disks.probe()).toEqual({ available: true, version: expect.stringMatching(/^\d+\.\d+/) });
  });

  it('show the base, take almost nothing, and never change it', async () => {
    const path = join(directory, 'disk.qcow2');
    await disks.createOverlay({ basePath, baseFormat: 'raw', path, sizeBytes: 64 * MIB });
    expect(info(path)).toMatchObject({
      'virtual-size': 64 * MIB,
      format: 'qcow2',
      'full-backing-filename': basePath,
      'backing-filename-format': 'raw',
    });
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await disks.allocatedBytes(path)).toBeLessThan(MIB);
    execFileSync('qemu-io', ['-f', 'qcow2', '-c', 'read -P 0x62 0 1', '-c', 'write -P 0x55 0 4096', path]);
    execFileSync('qemu-img', ['check', '-q', path]);
    const raw = join(directory, 'flat.raw');
    execFileSync('qemu-img', ['convert', '-O', 'raw', path, raw]);
    const flat = await readFile(raw);
    expect([flat[0], flat.subarray(4096, 4100).toString(), flat.length]).toEqual([0x55, 'base', 64 * MIB]);
    expect((await readFile(basePath)).subarray(0, 4).toString()).toBe('base');
  });

  it('made from the copy kept in memory are as good as the first', async () => {
    for (const name of ['first', 'second', 'third']) {
      const path = join(directory, name);
      await disks.createOverlay({ basePath, baseFormat: 'raw', path, sizeBytes: 16 * MIB });
      execFileSync('qemu-img', ['check', '-q', path]);
      expect(info(path)['full-backing-filename']).toBe(basePath);
    }
    expect((await readdir(directory)).toSorted()).toEqual(['base.raw', 'first', 'second', 'third']);
  });

  it('notice a base that was replaced under the same name', async () => {
    const path = (name: string): string => join(directory, name);
    await disks.createOverlay({ basePath, baseFormat: 'raw', path: path('a'), sizeBytes: 8 * MIB });
    await truncate(basePath, 16 * MIB);
    const again = disks.createOverlay({ basePath, baseFormat: 'raw', path: path('b'), sizeBytes: 8 * MIB });
    await expect(again).rejects.toMatchObject({
      kind: 'VM_RESOURCES_INVALID',
      details: { resource: 'disk', requested: 8, min: 16 },
    });
    await disks.createOverlay({ basePath, baseFormat: 'raw', path: path('c'), sizeBytes: 16 * MIB });
    expect(info(path('c'))['virtual-size']).toBe(16 * MIB);
  });

  it('stand on another overlay by its virtual size', async () => {
    const lower = join(directory, 'lower');
    await disks.createOverlay({ basePath, baseFormat: 'raw', path: lower, sizeBytes: 32 * MIB });
    const small = {
      basePath: lower,
      baseFormat: 'qcow2',
      path: join(directory, 'small'),
      sizeBytes: 16 * MIB,
    } as const;
    await expect(disks.createOverlay(small)).rejects.toMatchObject({ kind: 'VM_RESOURCES_INVALID' });
    await disks.createOverlay({ ...small, sizeBytes: 32 * MIB });
    expect(info(small.path)['backing-filename-format']).toBe('qcow2');
  });

  it('grow: what is in them stays, the rest is zero; again is success, shrinking is refused', async () => {
    const path = join(directory, 'disk.qcow2');
    await disks.createOverlay({ basePath, baseFormat: 'raw', path, sizeBytes: 8 * MIB });
    execFileSync('qemu-io', ['-f', 'qcow2', '-c', 'write -P 0x55 0 4096', path]);
    await disks.grow(path, 64 * MIB);
    await disks.grow(path, 64 * MIB);
    expect(info(path)).toMatchObject({ 'virtual-size': 64 * MIB, 'full-backing-filename': basePath });
    const reads = ['read -P 0x55 0 4096', 'read -P 0 4M 60M'].flatMap((command) => ['-c', command]);
    execFileSync('qemu-io', ['-f', 'qcow2', ...reads, path]);
    execFileSync('qemu-img', ['check', '-q', path]);
    await expect(disks.grow(path, 32 * MIB)).rejects.toMatchObject({
      kind: 'VM_RESOURCES_INVALID',
      details: { resource: 'disk', requested: 32, min: 64 },
      why: expect.stringContaining('only grows'),
    });
    expect(info(path)['virtual-size']).toBe(64 * MIB);
  });

  it('never overwrite a disk that is there', async () => {
    const path = join(directory, 'disk');
    await writeFile(path, 'precious');
    const made = disks.createOverlay({ basePath, baseFormat: 'raw', path, sizeBytes: 8 * MIB });
    await expect(made).rejects.toMatchObject({ code: 'EEXIST' });
    expect(await readFile(path, 'utf8')).toBe('precious');
  });

  it('say that the image is damaged when its disk is gone', async () => {
    const request = {
      basePath: join(directory, 'gone'),
      baseFormat: 'raw',
      path: join(directory, 'd'),
    } as const;
    await expect(disks.createOverlay({ ...request, sizeBytes: 8 * MIB })).rejects.toMatchObject({
      kind: 'IMAGE_DAMAGED',
      fix: 'build the image again: banger image build --force',
    });
    expect(await readdir(directory)).toEqual(['base.raw']);
  });

  it('leave nothing when they cannot be made', async () => {
    const path = join(directory, 'no', 'disk');
    const made = disks.createOverlay({ basePath, baseFormat: 'raw', path, sizeBytes: 9 * MIB });
    await expect(made).rejects.toMatchObject({ kind: 'PROCESS_FAILED' });
    expect(await readdir(directory)).toEqual(['base.raw']);
  });

  it.runIf(process.getuid?.() === 0)('belong to the user of the VMM', async () => {
    const path = join(directory, 'disk');
    await disks.createOverlay({ basePath, baseFormat: 'raw', path, sizeBytes: 8 * MIB, uid: 780_001 });
    const { uid, gid } = await stat(path);
    expect([uid, gid]).toEqual([780_001, 780_001]);
  });
});
