import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { TestingModule } from '@nestjs/testing';
import type { Config } from '../../../src/core/config/index.js';
import { DiskBackends, HostDirectories } from '../../../src/host/index.js';
import type { DiskRequest } from '../../../src/host/disk/disk-backend.js';
import type { Disk, DiskBackend } from '../../../src/host/index.js';
import { LoopFileSystem } from '../../support/loop-file-system.js';
import { configIn } from './support/host-fixture.js';
import { BASE_MIB, flat, holdOpen, io, look, openDisks, sha256, VARIANTS } from './support/disks.js';

const MIB = 1024 * 1024;
/** what is in the base: the rest of it is a hole */
const CONTENT_BYTES = 2 * MIB;
const UID = 780_001;
const isRoot = process.getuid?.() === 0;

/** What every backend promises (DiskBackend). Skipped without root: file systems have to be mounted. */
describe.skipIf(!isRoot).each(VARIANTS)(
  'disks by $kind on $on',
  ({ kind, on, sizeMib, shares, clonesWhenFull }) => {
    let fileSystem: LoopFileSystem;
    let config: Config;
    let host: TestingModule | undefined;
    let backend: DiskBackend;
    let basePath: string;
    let digest: string;
    let directory: string;
    let count = 0;

    beforeAll(async () => {
      fileSystem = new LoopFileSystem(on, sizeMib);
      config = await configIn(fileSystem.directory);
      host = await openDisks(config);
      await host.get(HostDirectories).prepareRoots();
      backend = host.get(DiskBackends).of(kind);
      basePath = join(config.imagesDirectory, 'base.raw');
      writeFileSync(basePath, randomBytes(CONTENT_BYTES));
      truncateSync(basePath, BASE_MIB * MIB);
      digest = sha256(basePath);
    });
    beforeEach(() => {
      count += 1;
      directory = join(config.vmsDirectory, `vm-${count}`);
      mkdirSync(directory, { mode: 0o711 });
    });
    afterEach(() => {
      expect(sha256(basePath), 'the base is never written').toBe(digest);
      execFileSync('rm', ['-r', directory]);
    });
    afterAll(async () => {
      await host?.close();
      fileSystem.close();
    });

    async function make(name = 'root', sizeMib = 64): Promise<Disk> {
      const disk = backend.locate(directory, name);
      await create(disk.path, sizeMib);
      return disk;
    }

    function create(path: string, sizeMib = 64, more: Partial<DiskRequest> = {}): Promise<void> {
      const owner = { type: 'vm', id: 'vm_1' } as const;
      const base = { basePath, baseFormat: 'raw' } as const;
      return backend.create({ ...base, path, sizeBytes: sizeMib * MIB, owner, uid: UID, ...more });
    }

    /** A disk that was written to, and that nobody writes any more, as that of a template. */
    async function freeze(name: string): Promise<Disk & { place: string }> {
      const place = join(directory, name);
      mkdirSync(place, { mode: 0o711 });
      const disk = backend.locate(place, 'root');
      await create(disk.path);
      io(disk, 'write -P 0x33 0 64k', 'write -P 0x44 40M 1M');
      chmodSync(disk.path, 0o444);
      chownSync(disk.path, 0, 0);
      return { ...disk, place };
    }

    async function keep({ path }: Disk, name: string): Promise<Disk & { place: string }> {
      const place = join(directory, name);
      mkdirSync(place, { mode: 0o711 });
      const copy = backend.locate(place, 'root');
      const keeping = await backend.keep({ path, copyPath: copy.path, uid: UID });
      await keeping.take();
      await keeping.settle();
      expect(statSync(copy.path).mode & 0o777, 'nobody writes what is kept').toBe(0o444);
      const { mode, uid } = statSync(path);
      expect([mode & 0o777, uid], 'the disk is still the VMM’s').toEqual([0o600, UID]);
      return { ...copy, place };
    }

    async function makeOver(base: Disk, name = 'root', more: Partial<DiskRequest> = {}): Promise<Disk> {
      const disk = backend.locate(directory, name);
      const over = { basePath: base.path, baseFormat: base.format, baseMayGo: true };
      await create(disk.path, 64, { ...over, ...more });
      return disk;
    }

    it('work here', async () => {
      expect(await backend.probe()).toMatchObject({ available: true });
    });

    it('begin as their base, of the size asked for, and belong to the VMM alone', async () => {
      const disk = await make();
      const { content, sizeBytes } = flat(disk);
      expect([content.equals(readFileSync(basePath)), sizeBytes]).toEqual([true, 64 * MIB]);
      io(disk, `read -P 0 ${BASE_MIB}M ${64 - BASE_MIB}M`);
      const { mode, uid, gid } = statSync(disk.path);
      expect([mode & 0o777, uid, gid]).toEqual([0o600, UID, UID]);
      expect(readdirSync(directory), 'and there is nothing else').toHaveLength(1);
    });

    it('take no more than they have to', async () => {
      const { path } = await make();
      const allocated = await backend.allocatedBytes(path);
      expect(allocated).toBeLessThan(shares ? MIB : CONTENT_BYTES + MIB);
      if (!shares) expect(allocated).toBeGreaterThanOrEqual(CONTENT_BYTES);
    });

    it('know nothing of each other', async () => {
      const [one, two] = [await make('one'), await make('two')];
      io(one, 'write -P 0x11 0 1M', 'write -P 0x11 40M 1M');
      io(two, 'write -P 0x22 0 64k');
      io(one, 'read -P 0x11 0 1M', 'read -P 0x11 40M 1M');
      io(two, 'read -P 0x22 0 64k', 'read -P 0 40M 1M');
      expect(flat(two).content.subarray(MIB).equals(readFileSync(basePath).subarray(MIB))).toBe(true);
    });

    it('grow: what is in them stays, the rest is zero; again is success, shrinking is refused', async () => {
      const disk = await make();
      io(disk, 'write -P 0x55 0 64k', 'write -P 0x55 63M 1M');
      await backend.grow(disk.path, 512 * MIB);
      await backend.grow(disk.path, 512 * MIB);
      io(disk, 'read -P 0x55 0 64k', 'read -P 0x55 63M 1M', 'read -P 0 64M 448M', 'write -P 0x66 511M 1M');
      await expect(backend.grow(disk.path, 128 * MIB)).rejects.toMatchObject({
        kind: 'VM_RESOURCES_INVALID',
        details: { resource: 'disk', requested: 128, min: 512 },
        why: expect.stringContaining('only grows'),
      });
      io(disk, 'read -P 0x55 63M 1M', 'read -P 0x66 511M 1M');
      if (disk.format === 'qcow2') execFileSync('qemu-img', ['check', '-q', disk.path]);
      expect([statSync(disk.path).uid, statSync(disk.path).mode & 0o777]).toEqual([UID, 0o600]);
    });

    it('are not touched while a VMM has them open', async () => {
      const { path, format } = await make();
      const release = await holdOpen({ path, format });
      try {
        await expect(backend.grow(path, 128 * MIB)).rejects.toMatchObject({
          kind: 'PROCESS_FAILED',
          details: { stderrTail: expect.stringMatching(/lock/) },
        });
      } finally {
        await release();
      }
      await backend.grow(path, 128 * MIB);
    });

    it('give back what is discarded', async () => {
      const disk = await make();
      const before = await backend.allocatedBytes(disk.path);
      io(disk, 'write -P 0x77 32M 16M', 'flush');
      execFileSync('sync', ['-f', disk.path]);
      expect(await backend.allocatedBytes(disk.path)).toBeGreaterThanOrEqual(before + 16 * MIB);
      io(disk, 'discard 32M 16M', 'flush');
      execFileSync('sync', ['-f', disk.path]);
      expect(await backend.allocatedBytes(disk.path)).toBeLessThan(before + MIB);
      io(disk, 'read -P 0 32M 16M');
    });

    it('are told to be too small, or to have no base, before anything is made', async () => {
      const { path } = backend.locate(directory, 'root');
      await expect(create(path, 8)).rejects.toMatchObject({
        kind: 'VM_RESOURCES_INVALID',
        details: { resource: 'disk', requested: 8, min: BASE_MIB },
      });
      const owner = { type: 'vm', id: 'vm_1' } as const;
      const gone = {
        basePath: join(directory, 'gone'),
        baseFormat: 'raw',
        path,
        sizeBytes: MIB,
        owner,
      } as const;
      await expect(backend.create(gone)).rejects.toMatchObject({ kind: 'IMAGE_DAMAGED' });
      expect(readdirSync(directory)).toEqual([]);
    });

    it('never overwrite one that is there', async () => {
      const { path } = backend.locate(directory, 'root');
      writeFileSync(path, 'precious');
      await expect(create(path)).rejects.toMatchObject({ code: 'EEXIST' });
      expect(readFileSync(path, 'utf8')).toBe('precious');
      expect(readdirSync(directory)).toHaveLength(1);
    });

    it('are made whole over what a killed attempt left', async () => {
      const { path } = backend.locate(directory, 'root');
      writeFileSync(`${path}.new`, 'half of a disk');
      await create(path);
      expect(readdirSync(directory)).toHaveLength(1);
      expect(flat({ path, format: backend.locate(directory, 'root').format }).sizeBytes).toBe(64 * MIB);
    });

    it('do not fit into a full store: that is said, and nothing is left', async () => {
      const { path } = backend.locate(directory, 'root');
      // the first one of a size is made by qemu-img, the next from memory: both are to say it
      for (const size of [64, 64, 65]) {
        const release = fileSystem.fill(0);
        const outcome = await create(path, size).catch((error: unknown) => error);
        if (outcome !== undefined || !clonesWhenFull) {
          expect(outcome).toMatchObject({
            kind: 'DISK_FULL',
            fix: expect.stringContaining('free some space'),
          });
          expect(readdirSync(directory)).toEqual([]);
        }
        release();
        execFileSync('sync', ['-f', directory]);
        rmSync(path, { force: true });
      }
      await create(path);
    });

    it('are not made when that is cancelled', async () => {
      const { path } = backend.locate(directory, 'root');
      await expect(create(path, 64, { signal: AbortSignal.abort() })).rejects.toMatchObject({
        kind: 'CANCELLED',
      });
      expect(readdirSync(directory)).toEqual([]);
    });

    it('begin as one that goes, and stay whole when it is gone', async () => {
      const base = await freeze('template');
      const frozen = sha256(base.path);
      const [one, two] = [await makeOver(base, 'one'), await makeOver(base, 'two')];
      const { mode, uid, gid } = statSync(one.path);
      expect([mode & 0o777, uid, gid]).toEqual([0o600, UID, UID]);
      io(one, 'read -P 0x33 0 64k', 'read -P 0x44 40M 1M', 'read -P 0 41M 23M', 'write -P 0x11 0 4k');
      io(one, 'write -P 0x11 40M 4k', 'write -P 0x11 63M 1M', 'flush');
      expect(sha256(base.path), 'which is never written').toBe(frozen);
      rmSync(base.place, { recursive: true });
      io(one, 'read -P 0x11 0 4k', 'read -P 0x33 4k 60k', 'read -P 0x44 40964k 1020k', 'read -P 0x11 63M 1M');
      io(two, 'read -P 0x33 0 64k', 'read -P 0x44 40M 1M', 'read -P 0 41M 23M');
      const rest = (content: Buffer): Buffer => content.subarray(64 * 1024);
      expect(rest(flat(two).content).equals(rest(readFileSync(basePath)))).toBe(true);
      await backend.grow(one.path, 128 * MIB);
      io(one, 'read -P 0x33 4k 60k', 'read -P 0 64M 64M');
      await backend.remove(one.path);
      io(two, 'read -P 0x33 0 64k', 'read -P 0x44 40M 1M');
    });

    /** A copy has the mode of its base: without root's rights it could not be made larger. */
    it('begin as one that nobody may write, also for a daemon that is not root', async () => {
      const base = await freeze('template');
      for (const path of [base.path, base.place, directory]) chownSync(path, UID, UID);
      process.seteuid?.(UID);
      try {
        await makeOver(base, 'root', { sizeBytes: 65 * MIB, uid: undefined });
      } finally {
        process.seteuid?.(0);
      }
      io(backend.locate(directory, 'root'), 'read -P 0x33 0 64k', 'write -P 0x11 64M 1M');
    });

    it('are kept as they are at one moment, again and again, and go on', async () => {
      const disk = await make();
      io(disk, 'write -P 0x11 0 64k');
      const first = await keep(disk, 'first');
      io(disk, 'read -P 0x11 0 64k', 'write -P 0x22 0 4k', 'write -P 0x22 40M 1M');
      await backend.grow(disk.path, 128 * MIB);
      const second = await keep(disk, 'second');
      io(disk, 'write -P 0x33 0 4k', 'write -P 0x33 100M 1M');
      const copy = backend.locate(join(directory, 'copy'), 'root');
      mkdirSync(join(directory, 'copy'));
      const over = { basePath: second.path, baseFormat: second.format, baseMayGo: true };
      await create(copy.path, 128, over);
      io(copy, 'write -P 0x44 0 4k');
      look(first, 'read -P 0x11 0 64k', 'read -P 0 40M 1M');
      look(second, 'read -P 0x22 0 4k', 'read -P 0x11 4k 60k', 'read -P 0x22 40M 1M', 'read -P 0 100M 1M');
      look(copy, 'read -P 0x44 0 4k', 'read -P 0x22 40M 1M');
      rmSync(first.place, { recursive: true });
      io(disk, 'read -P 0x33 0 4k', 'read -P 0x11 4k 60k', 'read -P 0x22 40M 1M');
      await backend.remove(disk.path);
      look(second, 'read -P 0x22 0 4k', 'read -P 0x11 4k 60k');
      rmSync(second.place, { recursive: true });
      look(copy, 'read -P 0x44 0 4k', 'read -P 0x11 4k 60k', 'read -P 0x22 40M 1M');
    });

    it('are what they were where keeping them is given up', async () => {
      const disk = await make();
      io(disk, 'write -P 0x11 0 64k');
      const names = readdirSync(directory);
      const place = join(directory, 'place');
      mkdirSync(place);
      const copyPath = backend.locate(place, 'root').path;
      const keeping = await backend.keep({ path: disk.path, copyPath, uid: UID });
      await keeping.settle();
      expect(readdirSync(place)).toEqual([]);
      rmSync(place, { recursive: true });
      expect(readdirSync(directory)).toEqual(names);
      io(disk, 'read -P 0x11 0 64k');
      io(await keep(disk, 'again'), 'read -P 0x11 0 64k');
    });

    it('are taken away with all that was made for them, and again without harm', async () => {
      const base = await freeze('template');
      const { path } = await makeOver(base);
      await backend.remove(path);
      await backend.remove(path);
      expect(readdirSync(directory)).toEqual(['template']);
      io(await makeOver(base), 'read -P 0x33 0 64k');
      expect(statSync(base.path).mode & 0o777).toBe(0o444);
    });
  },
);
