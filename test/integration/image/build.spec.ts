import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { KernelService } from '../../../src/image/kernel/kernel.service.js';
import { guestScript } from '../../../src/image/guest/guest-script.js';
import { processesMentioning } from '../../support/processes.js';
import { FIXTURE, PackageFixture } from './fixture.js';
import { ImageHost } from './support.js';

let packages: PackageFixture;
let host: ImageHost;

beforeAll(async () => {
  packages = await PackageFixture.make();
});
afterAll(async () => {
  await packages.remove();
});
beforeEach(async () => {
  await packages.setMode('works');
  packages.missing = [];
  packages.sources = true;
  host = await ImageHost.open({ buildHost: packages });
});
afterEach(async () => {
  const building = (await host.imageDirectory()).filter((name) => name.startsWith('.'));
  const recorded = (await host.ledger.list()).map(({ key }) => key.split('/').at(-1)).toSorted();
  const kernels = await host.app.get(KernelService, { strict: false }).list();
  const rows = [...(await host.images.list()), ...kernels].map(({ id }) => id).toSorted();
  const { directory } = host;
  await host.close();
  expect(building).toEqual([]);
  expect(recorded).toEqual(rows);
  expect(await processesMentioning(directory)).toEqual([]);
});

async function addVm(name: string, imageId: string): Promise<void> {
  const facts = {
    state: 'stopped',
    cpus: 1,
    memoryMib: 256,
    diskMib: 8192,
    env: {},
    labels: {},
    publishedPorts: [],
    ephemeral: false,
  };
  const identity = { mac: '', machineId: '', hostKeyPublic: '', hypervisor: 'qemu' };
  await host.database.client.vm.create({ data: { id: `vm_${name}`, name, imageId, ...facts, ...identity } });
}

const debugfs = (image: string, request: string): string =>
  execFileSync('/usr/sbin/debugfs', ['-R', request, image], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });

describe('a build', () => {
  it('makes an image that is whole: kernel, initramfs, root file system', async () => {
    const { view, output } = await host.build();
    expect(view).toMatchObject({
      state: 'succeeded',
      kind: 'image.build',
      subject: { type: 'image', name: 'debian' },
    });
    expect(view.steps.map(({ name, state }) => `${name} ${state}`)).toEqual([
      'image.plan done',
      'image.packages done',
      'image.kernel done',
      'image.filesystem done',
      'image.publish done',
    ]);
    expect(output).toContain('Unpacking git (1:2.39) ...');
    const image = await host.images.require('debian');
    expect(image).toMatchObject({
      name: 'debian',
      kernelVersion: FIXTURE.release,
      rootFormat: 'raw',
      diskBytes: 8 * 1024 ** 3,
    });
    expect((await readFile(image.kernelPath)).equals(FIXTURE.vmlinux)).toBe(true);

    const bits = async (path: string): Promise<number> => (await stat(path)).mode & 0o777;
    const root = process.getuid?.() === 0;
    for (const path of [image.kernelPath, image.initrdPath, image.rootPath])
      expect(await bits(path)).toBe(root ? 0o644 : 0o600);
    expect(await bits(join(image.rootPath, '..'))).toBe(root ? 0o755 : 0o700);
    expect(await readdir(join(image.rootPath, '..'))).toEqual([
      'initrd',
      'manifest.json',
      'root.ext4',
      'vmlinux',
      'work.ext4',
    ]);

    expect(debugfs(image.rootPath, 'features')).toMatch(/has_journal/);
    expect(debugfs(image.rootPath, 'cat /usr/lib/banger/banger-guest')).toBe(guestScript());
    expect(debugfs(image.rootPath, 'stat /usr/bin/sudo')).toMatch(/Mode: {2}04755[\s\S]*User: {5}0 /);
    expect(debugfs(image.rootPath, 'stat /etc/systemd/system/getty.target')).toMatch(
      /Fast link dest: "\/dev\/null"/,
    );
    expect(debugfs(image.rootPath, 'ls /boot')).not.toMatch(/vmlinuz/);
    // sparse: its 8 GiB take what is in it
    expect((await stat(image.rootPath)).blocks * 512).toBeLessThan(64 * 1024 ** 2);
  });

  it('packs an initramfs of busybox, the modules in order and the guest script, all of it owned by root', async () => {
    await host.build();
    const { initrdPath } = await host.images.require('debian');
    const input = await readFile(initrdPath);
    const list = execFileSync('cpio', ['-itv', '--numeric-uid-gid', '--quiet'], { input, encoding: 'utf8' });
    const entries = list
      .trim()
      .split('\n')
      .map((line) => line.split(/\s+/));
    expect(entries.every(([, , uid, gid]) => uid === '0' && gid === '0')).toBe(true);
    const names = entries.map((fields) => fields[8] ?? '');
    for (const name of [
      'init',
      'bin/busybox',
      'bin/sh',
      'modules/virtio.ko',
      'modules/virtio_blk.ko',
      'usr/lib/banger/banger-guest',
      'dev',
      'proc',
      'sys',
      'root',
    ]) {
      expect(names).toContain(name);
    }
    expect(entries.find((fields) => fields[8] === 'init')?.[0]).toBe('-rwxr-xr-x');
    const init = execFileSync('cpio', ['-i', '--to-stdout', '--quiet', 'init'], { input, encoding: 'utf8' });
    expect(init).toMatch(/insmod \/modules\/virtio\.ko\ninsmod \/modules\/virtio_blk\.ko\n/);
    execFileSync('sh', ['-n'], { input: init });
  });

  it('is skipped when nothing has changed, and done again when the mirror has, or when forced', async () => {
    await host.build();
    const first = await host.images.get('debian');
    const before = await packages.installations();
    const { view } = await host.build();
    expect(view.steps).toMatchObject([
      { name: 'image.plan', state: 'done', detail: 'the image is up to date' },
    ]);
    expect(await packages.installations()).toBe(before);

    await packages.publish('Tuesday');
    await host.build();
    expect(await packages.installations()).toBe(before + 1);
    const second = await host.images.get('debian');
    expect(second.id).not.toBe(first.id);
    expect(second.recipeDigest).not.toBe(first.recipeDigest);

    await host.build({ force: true });
    expect(await packages.installations()).toBe(before + 2);
    expect((await host.images.list()).map(({ name }) => name)).toEqual(['debian']);
    expect(await readdir(`${host.config.values.stateDirectory}/cache/images`)).toHaveLength(1);
  });

  it('takes the packages of an earlier build when only the image is gone', async () => {
    await host.build();
    const before = await packages.installations();
    await host.images.delete('debian');
    const { view } = await host.build();
    expect(view.state).toBe('succeeded');
    expect(await packages.installations()).toBe(before);
  });
});

describe('a build that does not get to its end', () => {
  it('leaves the earlier image usable and nothing of itself', async () => {
    await host.build();
    const before = await host.images.get('debian');
    await packages.setMode('fails');
    const { view } = await host.build({ force: true });
    expect(view).toMatchObject({
      state: 'failed',
      error: {
        data: {
          kind: 'IMAGE_BUILD_FAILED',
          why: 'E: Unable to locate package git',
          details: { image: 'debian', stderrTail: expect.stringContaining('setup failed') as string },
        },
      },
    });
    expect(await host.images.get('debian')).toEqual(before);
    await host.images.require('debian');
  });

  it('says that the disk is full', async () => {
    await packages.setMode('no-space');
    const { view } = await host.build();
    expect(view.error?.data.kind).toBe('DISK_FULL');
    expect(await host.images.list()).toEqual([]);
  });

  it('can be cancelled; a second one of the same name has to wait for it', async () => {
    await packages.setMode('hangs');
    const { id } = await host.builder.begin({});
    await expect(host.builder.begin({})).rejects.toMatchObject({ kind: 'IMAGE_BUSY' });
    await expect
      .poll(async () => (await processesMentioning('sleep\u0000600')).length, { timeout: 10_000 })
      .toBe(1);
    const cancelled = await host.operations.cancel(id);
    expect(cancelled.state).toBe('cancelled');
    expect(await processesMentioning('sleep\u0000600')).toEqual([]);
    await packages.setMode('works');
    expect((await host.build()).view.state).toBe('succeeded');
  });

  it('is cleaned up by the next start of the daemon when it was killed', async () => {
    await host.build();
    const building = `${host.config.imagesDirectory}/.building-img_dead`;
    const owner = { type: 'image', id: 'img_dead' } as const;
    await host.ledger.make({ kind: 'directory', key: building, owner }, async () => {
      await mkdir(join(building, 'tree/usr'), { recursive: true });
    });
    const rowless = `${host.config.imagesDirectory}/img_rowless`;
    await host.ledger.make(
      { kind: 'directory', key: rowless, owner: { type: 'image', id: 'img_rowless' } },
      async () => {
        await mkdir(rowless);
      },
    );
    // a program of it that goes on, as they do when the daemon is killed
    const orphan = spawn('tail', ['-F', `${building}/packages.tar`], {
      stdio: 'ignore',
    });
    const ended = once(orphan, 'exit');
    await host.images.reconcile();
    expect((await ended)[1]).toBe('SIGKILL');
    const { id } = await host.images.get('debian');
    expect(await host.imageDirectory()).toEqual([id]);
    await host.images.require('debian');
  });
});

describe('refused before anything is made', () => {
  it('names the program that is missing, or all of them', async () => {
    packages.missing = ['mmdebstrap'];
    await expect(host.builder.begin({})).rejects.toMatchObject({
      kind: 'HOST_BINARY_MISSING',
      details: { binary: 'mmdebstrap', packageName: 'mmdebstrap' },
    });
    packages.missing = ['mmdebstrap', 'mke2fs', 'lz4'];
    await expect(host.builder.begin({})).rejects.toMatchObject({
      kind: 'PREFLIGHT_FAILED',
      details: { findings: [{}, {}, {}] },
      fix: expect.stringContaining('apt install mmdebstrap e2fsprogs lz4') as string,
    });
    // and the name is free again
    packages.missing = [];
    expect((await host.build()).view.state).toBe('succeeded');
  });

  it('says which mirror it wants when apt has none of this distribution', async () => {
    packages.sources = false;
    const { view } = await host.build();
    expect(view.error?.data).toMatchObject({
      kind: 'HOST_UNSUPPORTED',
      fix: expect.stringContaining('bookworm main') as string,
    });
  });
});

describe('images', () => {
  it('are found by name and id; an unknown one is told apart from a damaged one', async () => {
    await expect(host.images.require('debian')).rejects.toMatchObject({
      kind: 'IMAGE_NOT_FOUND',
      details: { image: 'debian', available: [] },
      fix: expect.stringContaining('banger image build') as string,
    });
    await host.build();
    const image = await host.images.require('debian');
    expect(await host.images.require(image.id)).toEqual(image);
    await expect(host.images.get('other')).rejects.toMatchObject({ details: { available: ['debian'] } });

    await truncate(image.rootPath, 1024);
    await expect(host.images.require('debian')).rejects.toMatchObject({ kind: 'IMAGE_DAMAGED' });
    // a build mends it, although its inputs are the same
    expect((await host.build()).view.state).toBe('succeeded');
    await host.images.require('debian');
  });

  it('stay for the VMs on them when a newer build takes the name, and go with the last of them', async () => {
    await host.build();
    const old = await host.images.get('debian');
    await addVm('web', old.id);
    await expect(host.images.delete('debian')).rejects.toMatchObject({
      kind: 'IMAGE_IN_USE',
      details: { vms: ['web'] },
    });

    await host.build({ force: true });
    const images = await host.images.list();
    expect(images.map(({ name, usedBy }) => [name, usedBy])).toEqual([
      ['debian', []],
      [`debian@${old.id.slice(-6)}`, ['web']],
    ]);
    expect((await host.images.require(old.id)).id).toBe(old.id);
    await host.images.collectSuperseded();
    expect(await host.images.list()).toHaveLength(2);

    await host.database.client.vm.delete({ where: { name: 'web' } });
    vi.spyOn(host.ledger, 'releaseOwner').mockRejectedValueOnce(new Error('its directory is busy'));
    await host.images.collectSuperseded();
    expect(await host.imageDirectory(), 'one that cannot be removed stops nobody').toHaveLength(2);
    await host.images.reconcile();
    expect((await host.images.list()).map(({ name }) => name)).toEqual(['debian']);
    expect(await host.imageDirectory()).toHaveLength(1);
  });
});
