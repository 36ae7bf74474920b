import { execFileSync } from 'node:child_process';
import { mkdir, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DiskBackends } from '../../../src/host/index.js';
import type { DiskBackend, DiskFormat } from '../../../src/host/index.js';
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
    disks = host.module.get(DiskBackends).of('qcow2');
  });
  afterAll(() => host.close());
  beforeEach(async () => {
    count += 1;
    directory = join(host.directory, `disks-${count}`);
    await mkdir(directory);
    basePath = join(directory, 'base.raw');
    await writeFile(basePath, Buffer.alloc(4 * MIB, 'base'));
  });

  function make(request: {
    basePath: string;
    baseFormat: DiskFormat;
    baseMayGo?: boolean;
    path: string;
    sizeBytes: number;
  }): Promise<void> {
    return disks.create({ ...request, owner: { type: 'vm', id: 'vm_1' } });
  }

  function place(name: string): string {
    return join(directory, name);
  }

  it('are available with their version', async () => {
    expect(await disks.probe()).toEqual({ available: true, version: expect.stringMatching(/^\d+\.\d+/) });
  });

  it('show the base, take almost nothing, and never change it', async () => {
    const path = join(directory, 'disk.qcow2');
    await make({ basePath, baseFormat: 'raw', path, sizeBytes: 64 * MIB });
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
      await make({ basePath, baseFormat: 'raw', path, sizeBytes: 16 * MIB });
      execFileSync('qemu-img', ['check', '-q', path]);
      expect(info(path)['full-backing-filename']).toBe(basePath);
    }
    expect((await readdir(directory)).toSorted()).toEqual(['base.raw', 'first', 'second', 'third']);
  });

  it('notice a base that was replaced under the same name', async () => {
    const path = (name: string): string => join(directory, name);
    await make({ basePath, baseFormat: 'raw', path: path('a'), sizeBytes: 8 * MIB });
    await truncate(basePath, 16 * MIB);
    const again = make({ basePath, baseFormat: 'raw', path: path('b'), sizeBytes: 8 * MIB });
    await expect(again).rejects.toMatchObject({
      kind: 'VM_RESOURCES_INVALID',
      details: { resource: 'disk', requested: 8, min: 16 },
    });
    await make({ basePath, baseFormat: 'raw', path: path('c'), sizeBytes: 16 * MIB });
    expect(info(path('c'))['virtual-size']).toBe(16 * MIB);
  });

  it('stand on another overlay by its virtual size', async () => {
    const lower = join(directory, 'lower');
    await make({ basePath, baseFormat: 'raw', path: lower, sizeBytes: 32 * MIB });
    const small = {
      basePath: lower,
      baseFormat: 'qcow2',
      path: join(directory, 'small'),
      sizeBytes: 16 * MIB,
    } as const;
    await expect(make(small)).rejects.toMatchObject({ kind: 'VM_RESOURCES_INVALID' });
    await make({ ...small, sizeBytes: 32 * MIB });
    expect(info(small.path)['backing-filename-format']).toBe('qcow2');
  });

  /** Overlays are kept in memory, and such a one has been made for another directory. */
  it('over one that may go have it each for themselves, where their paths are equally long as well', async () => {
    for (const name of ['template', 'vm_1', 'vm_2', 'vm_345']) await mkdir(place(name));
    const [base, one, two, three] = ['template', 'vm_1', 'vm_2', 'vm_345'].map((name) =>
      join(place(name), 'root.qcow2'),
    ) as [string, string, string, string];
    await make({ basePath, baseFormat: 'raw', path: base, sizeBytes: 16 * MIB });
    execFileSync('qemu-io', ['-f', 'qcow2', '-c', 'write -P 0x55 1M 64k', base]);
    const over = { basePath: base, baseFormat: 'qcow2', baseMayGo: true, sizeBytes: 16 * MIB } as const;
    for (const path of [one, two, three]) await make({ ...over, path });
    await rm(place('template'), { recursive: true });
    for (const path of [one, two, three]) {
      execFileSync('qemu-img', ['check', '-q', path]);
      expect(dirname(info(path)['full-backing-filename'])).toBe(dirname(path));
    }
    await rm(place('vm_1'), { recursive: true });
    for (const path of [two, three])
      expect(
        execFileSync(
          'qemu-io',
          ['-f', 'qcow2', '-c', 'read -P 0x62 0 1', '-c', 'read -P 0x55 1M 64k', path],
          {
            encoding: 'utf8',
          },
        ),
      ).not.toMatch(/failed/);
  });

  it('read right over any number of others, which all go', async () => {
    let base = { path: basePath, format: 'raw' as DiskFormat };
    for (const [index, name] of ['lowest', 'lower', 'low', 'top'].entries()) {
      await mkdir(place(name));
      const { path, format } = disks.locate(place(name), 'root');
      // the lowest stands on the image, which stays
      const over = { basePath: base.path, baseFormat: base.format, baseMayGo: index > 0 };
      await make({ ...over, path, sizeBytes: 16 * MIB });
      const write = `write -P ${index + 1} ${index + 4}M 64k`;
      execFileSync('qemu-io', ['-f', 'qcow2', '-c', write, '-c', `write -P ${index + 1} 9M 64k`, path]);
      base = { path, format };
    }
    for (const name of ['lowest', 'lower', 'low']) await rm(place(name), { recursive: true });
    const reads = ['0x62 0 1', '1 4M 64k', '2 5M 64k', '3 6M 64k', '4 7M 64k', '4 9M 64k', '0 10M 6M'];
    for (const read of reads) {
      const said = execFileSync('qemu-io', ['-f', 'qcow2', '-c', `read -P ${read}`, base.path], {
        encoding: 'utf8',
      });
      expect(said, read).not.toMatch(/failed/);
    }
    await disks.remove(base.path);
    expect(await readdir(place('top'))).toEqual([]);
  });

  it('say that the image is damaged when its disk is gone', async () => {
    const request = {
      basePath: join(directory, 'gone'),
      baseFormat: 'raw',
      path: join(directory, 'd'),
    } as const;
    await expect(make({ ...request, sizeBytes: 8 * MIB })).rejects.toMatchObject({
      kind: 'IMAGE_DAMAGED',
      fix: 'build the image again: banger image build --force',
    });
    expect(await readdir(directory)).toEqual(['base.raw']);
  });

  describe('of a daemon that was killed while it kept one', () => {
    const read = (path: string, ...patterns: string[]): void => {
      const args = patterns.flatMap((pattern) => ['-c', `read -P ${pattern}`]);
      expect(execFileSync('qemu-io', ['-r', '-f', 'qcow2', ...args, path], { encoding: 'utf8' })).not.toMatch(
        /failed/i,
      );
    };
    const write = (path: string, pattern: string): void => {
      execFileSync('qemu-io', ['-f', 'qcow2', '-c', `write -P ${pattern}`, path]);
    };

    /** One that has been kept once, and is being kept again. */
    async function interrupted(): Promise<{ path: string; overlayPath: string }> {
      const path = place('root.qcow2');
      await make({ basePath, baseFormat: 'raw', path, sizeBytes: 8 * MIB });
      write(path, '0x11 0 64k');
      await mkdir(place('first'));
      const keeping = await disks.keep({ path, copyPath: place('first/root.qcow2'), uid: undefined });
      await keeping.take();
      await keeping.settle();
      write(path, '0x22 64k 64k');
      const { overlayPath = '' } = await disks.keep({ path, copyPath: place('second'), uid: undefined });
      return { path, overlayPath };
    }
    const names = async (): Promise<string[]> =>
      (await readdir(directory)).filter((name) => name.startsWith('root')).toSorted();

    it('is what it was where its VMM has not gone on to the new file', async () => {
      const { path } = await interrupted();
      await disks.mend(path, path);
      expect(await names()).toEqual(['root.1.qcow2', 'root.qcow2']);
      read(path, '0x11 0 64k', '0x22 64k 64k');
    });

    it('is the new file where its VMM has', async () => {
      const { path, overlayPath } = await interrupted();
      write(overlayPath, '0x33 0 4k');
      await disks.mend(path, overlayPath);
      expect(await names()).toEqual(
        ['root.1.qcow2', 'root.2.qcow2', 'root.qcow2', basename(overlayPath)].toSorted(),
      );
      read(path, '0x33 0 4k', '0x11 4k 60k', '0x22 64k 64k');
      expect((await stat(place('root.2.qcow2'))).mode & 0o777).toBe(0o444);
      // when it is down, nobody knows the file by that name any more
      await disks.mend(path, undefined);
      expect(await names()).toEqual(['root.1.qcow2', 'root.2.qcow2', 'root.qcow2']);
    });

    it('is whole where its VMM is gone, and nobody knows', async () => {
      for (const written of [true, false]) {
        await rm(directory, { recursive: true });
        await mkdir(directory);
        await writeFile(basePath, Buffer.alloc(4 * MIB, 'base'));
        const { path, overlayPath } = await interrupted();
        if (written) write(overlayPath, '0x33 0 4k');
        await disks.mend(path, undefined);
        await disks.mend(path, undefined);
        read(path, written ? '0x33 0 4k' : '0x11 0 4k', '0x11 4k 60k', '0x22 64k 64k');
        expect(await names()).toEqual(['root.1.qcow2', 'root.2.qcow2', 'root.qcow2']);
      }
    });

    it('keeps all its names where nobody can tell what its VMM writes', async () => {
      const { path } = await interrupted();
      const before = await names();
      await disks.mend(path, 'json:{"driver":"of another version"}');
      expect(await names()).toEqual(before);
    });

    it('is what it was where the new file does not stand on it yet', async () => {
      const { path } = await interrupted();
      await rm(place('root.2.qcow2'));
      await disks.mend(path, undefined);
      expect(await names()).toEqual(['root.1.qcow2', 'root.qcow2']);
      read(path, '0x11 0 64k', '0x22 64k 64k');
    });
  });
});
