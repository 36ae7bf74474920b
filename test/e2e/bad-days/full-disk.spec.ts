import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statfsSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ImageView, VmView } from '../../../src/contract/index.js';
import { collect, TestHost } from '../../support/test-host.js';

const MIB = 1024 * 1024;
const isRoot = process.getuid?.() === 0;

/** Skipped without root: a small file system has to be mounted. */
describe.skipIf(!isRoot)('a full disk', () => {
  let host: TestHost;
  const undo: (() => void)[] = [];
  beforeAll(async () => {
    host = await TestHost.create();
    await host.json(['vm', 'list']);
  });
  afterEach(async () => {
    for (const step of undo.splice(0).toReversed()) step();
    await host.assertClean();
  });
  afterAll(() => host.close());

  /** Puts a small file system over a directory of the state directory. */
  function mountSmall(directory: string, sizeMib: number): void {
    mkdirSync(directory, { recursive: true });
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${sizeMib}m,mode=711`, 'tmpfs', directory]);
    undo.push(() => execFileSync('umount', ['--lazy', directory]));
  }

  /** Leaves `free` bytes on the file system of a directory. */
  function fill(directory: string, free: number): void {
    const path = join(directory, 'ballast');
    const { bavail, bsize } = statfsSync(directory);
    execFileSync('fallocate', ['-l', String(bavail * bsize - free), path]);
    undo.push(() => rmSync(path, { force: true }));
  }

  async function expectFull(result: {
    exitCode: number | null;
    stdout: string;
    stderr: string;
  }): Promise<void> {
    expect(result, result.stderr).toMatchObject({ exitCode: 9, stdout: '' });
    expect(result.stderr).toMatch(
      /no space is left on the file system of .*\n[\s\S]*^ {2}fix: free some space/m,
    );
  }

  it('is noticed before anything is made', async () => {
    mountSmall(join(host.stateDirectory, 'images'), 8);
    await expectFull(await host.banger(['image', 'build', '--force']));
    expect(readdirSync(join(host.stateDirectory, 'images'))).toEqual([]);
  });

  it('while a VM is created undoes the creation', async () => {
    mountSmall(join(host.stateDirectory, 'vms'), 1);
    fill(join(host.stateDirectory, 'vms'), 16 * 1024);
    const result = await host.banger(['vm', 'create', '--name', 'big']);
    await expectFull(result);
    expect(await host.json<VmView[]>(['vm', 'list'])).toEqual([]);
    undo.pop()?.();
    expect(readdirSync(join(host.stateDirectory, 'vms'))).toEqual([]);
  });

  it('while an image is built leaves the one before, which still starts VMs', async () => {
    const before = await host.json<ImageView[]>(['image', 'list']);
    const images = join(host.stateDirectory, 'images');
    const id = before[0]?.id ?? '';
    const aside = mkdtempSync(join(host.directory, 'aside-'));
    execFileSync('chmod', ['711', aside]);
    renameSync(join(images, id), join(aside, id));
    undo.push(() => renameSync(join(aside, id), join(images, id)));
    mountSmall(images, 4096);
    symlinkSync(join(aside, id), join(images, id));

    const child = host.spawn(['image', 'build', '--force'], { stdio: ['ignore', 'pipe', 'pipe'] });
    const result = collect(child, 200_000);
    child.stderr?.on('data', () => undefined);
    await expect.poll(() => used(images), { timeout: 120_000, interval: 200 }).toBeGreaterThan(20 * MIB);
    await expect.poll(() => leave(2, images), { interval: 20 }).toBe(true);
    await expectFull(await result);

    expect(readdirSync(images), 'nothing of the build is left').toEqual([id]);
    expect(await host.json<ImageView[]>(['image', 'list'])).toEqual(before);
    expect(await host.banger(['vm', 'run', '--rm', '--', 'true'])).toMatchObject({ exitCode: 0 });
  });
});

/** Makes a tmpfs so small that only a few `MiB` are free. False when those were written meanwhile. */
function leave(mib: number, directory: string): boolean {
  const size = `remount,size=${Math.ceil(used(directory) / MIB) + mib}m`;
  return spawnSync('mount', ['-o', size, directory]).status === 0;
}

function used(directory: string): number {
  const { blocks, bfree, bsize } = statfsSync(directory);
  return (blocks - bfree) * bsize;
}
