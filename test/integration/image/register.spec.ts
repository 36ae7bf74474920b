import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, rmSync, statSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ImageRegisterParams, OperationView } from '../../../src/contract/index.js';
import { ImageController } from '../../../src/image/image.controller.js';
import { FIXTURE, PackageFixture } from './fixture.js';
import { ImageHost } from './support.js';
import { GUEST_TREE, UsersFiles } from './users-files.js';

const MIB = 1024 ** 2;
const AS_ROOT = process.getuid?.() === 0;
let users: UsersFiles;
let packages: PackageFixture;
let host: ImageHost;
beforeAll(async () => {
  users = new UsersFiles();
  packages = await PackageFixture.make();
  host = await ImageHost.open({ buildHost: packages });
  await host.build();
});
afterAll(async () => {
  await host?.close();
  await packages?.remove();
  users?.remove();
});
afterEach(async () => {
  for (const { id, name } of await host.images.list()) if (name !== 'debian') await host.images.delete(id);
  expect(await host.imageDirectory()).toEqual([(await host.images.get('debian')).id]);
});

const controller = (): ImageController => host.app.get(ImageController, { strict: false });

async function register(
  params: Omit<ImageRegisterParams, 'name'> & { name?: string },
): Promise<OperationView> {
  const { id } = await controller().register({ name: 'mine', ...params });
  return (await host.follow(id)).view;
}

const cat = (disk: string, path: string): string =>
  execFileSync('debugfs', ['-R', `cat ${path}`, disk], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });

describe('a root file system that is registered', () => {
  const forms: Readonly<Record<string, () => string>> = {
    'an ext4 file': () => users.ext4(),
    'a qcow2 disk': () => {
      const raw = users.ext4();
      execFileSync('qemu-img', ['convert', '-f', 'raw', '-O', 'qcow2', raw, `${raw}.disk`]);
      return `${raw}.disk`;
    },
    'a directory': () => users.tree(GUEST_TREE),
    'a squashfs': () => {
      const tree = users.tree(GUEST_TREE);
      execFileSync('mksquashfs', [tree, `${tree}.any`, '-quiet', '-no-progress'], { stdio: 'pipe' });
      return `${tree}.any`;
    },
    ...Object.fromEntries(
      Object.entries({ plain: [], gzip: ['-z'], zstd: ['--zstd'], xz: ['-J'] }).map(([name, options]) => [
        `a tar archive (${name})`,
        () => {
          const tree = users.tree(GUEST_TREE);
          execFileSync('tar', [...options, '-C', tree, '-cf', `${tree}.any`, '.']);
          return `${tree}.any`;
        },
      ]),
    ),
  };

  it.each(Object.entries(forms))('may be %s, whatever it is called', async (_name, make) => {
    const rootfs = make();
    const view = await register({ rootfs });
    expect(view, JSON.stringify(view.error)).toMatchObject({ state: 'succeeded' });
    const [image, details] = [await host.images.require('mine'), await host.images.get('mine')];
    expect(cat(image.rootPath, '/etc/hello')).toBe('hello');
    expect(details).toMatchObject({
      distribution: 'Mine 1',
      kernel: 'debian',
      kernelVersion: FIXTURE.release,
      source: { kind: 'register', reference: rootfs },
    });
    expect(statSync(image.rootPath)).toMatchObject({ size: image.diskBytes, uid: process.getuid?.() });
    for (const path of [image.rootPath, image.workPath])
      execFileSync('e2fsck', ['-fn', path], { stdio: 'pipe' });
  });

  it('has the modules of its kernel where it came as files', async () => {
    await register({ rootfs: users.tree(GUEST_TREE) });
    const { rootPath } = await host.images.require('mine');
    expect(cat(rootPath, `/usr/lib/modules/${FIXTURE.release}/modules.dep`)).toContain('virtio_blk.ko');
  });

  it('is refused when it is none, said before anything is begun', async () => {
    const file = users.path('text');
    writeFileSync(file, 'words');
    const disk = users.path('disk');
    writeFileSync(disk, Buffer.concat([Buffer.alloc(510), Buffer.from('55aa', 'hex'), Buffer.alloc(4096)]));
    execFileSync('mkfifo', [users.path('pipe')]);
    for (const [rootfs, why] of [
      [file, 'neither ext4'],
      [disk, 'partitions'],
      [users.path('nowhere'), 'not there'],
      [users.path('pipe'), 'neither a file'],
    ] as const)
      await expect(register({ rootfs })).rejects.toMatchObject({
        kind: 'PARAMS_INVALID',
        why: expect.stringContaining(why) as string,
      });
  });

  it('is refused when it cannot be a guest, unless that is asked for', async () => {
    const rootfs = users.ext4({ 'etc/hello': 'hello' });
    expect(await register({ rootfs })).toMatchObject({
      state: 'failed',
      error: { data: { kind: 'IMAGE_NOT_PROVISIONABLE', fix: expect.stringContaining('--as-is') as string } },
    });
    const tree = users.tree({ 'etc/hello': 'hello' });
    expect(await register({ rootfs: tree })).toMatchObject({
      error: { data: { kind: 'IMAGE_NOT_PROVISIONABLE' } },
    });
    expect(await register({ rootfs, asIs: true, bootArguments: ['quiet', 'mine=1'] })).toMatchObject({
      state: 'succeeded',
    });
    expect(await host.images.require('mine')).toMatchObject({
      bootArguments: ['quiet', 'mine=1'],
      distribution: 'unknown',
    });
  });

  it('is refused when it was cut short, or stands on another file of the host', async () => {
    const short = users.ext4();
    truncateSync(short, 20 * MIB);
    expect(await register({ rootfs: short })).toMatchObject({ state: 'failed' });
    const secret = users.path('secret');
    writeFileSync(secret, Buffer.alloc(MIB, 's'));
    const overlay = users.path('overlay');
    execFileSync('qemu-img', ['create', '-q', '-f', 'qcow2', '-b', secret, '-F', 'raw', overlay]);
    expect(await register({ rootfs: overlay })).toMatchObject({
      state: 'failed',
      error: { data: { kind: 'PARAMS_INVALID', why: 'it stands on another file' } },
    });
  });

  it.runIf(AS_ROOT)(
    'is not read by the daemon’s rights: what only root may read, nobody gets through it',
    async () => {
      const rootfs = users.ext4();
      chmodSync(rootfs, 0o600);
      await expect(register({ rootfs })).rejects.toMatchObject({
        kind: 'PERMISSION_DENIED',
        fix: expect.stringContaining('chmod') as string,
      });
      const closed = users.path('closed');
      mkdirSync(closed, { mode: 0o700 });
      execFileSync('cp', [users.ext4(), join(closed, 'root')]);
      symlinkSync(join(closed, 'root'), users.path('link'));
      for (const path of [join(closed, 'root'), users.path('link'), closed])
        await expect(register({ rootfs: path })).rejects.toMatchObject({ kind: 'PERMISSION_DENIED' });
      const tree = users.tree({ ...GUEST_TREE, 'etc/shadow': 'secret' });
      chmodSync(join(tree, 'etc/shadow'), 0o600);
      expect(await register({ rootfs: tree })).toMatchObject({ state: 'failed' });
      await expect(
        register({ rootfs: users.ext4(), kernelPath: rootfs, initrdPath: rootfs }),
      ).rejects.toMatchObject({ kind: 'PERMISSION_DENIED' });
    },
  );

  it('may stay where it is, and is not used once it was changed', async () => {
    const rootfs = users.ext4();
    const before = statSync(rootfs);
    expect(await register({ rootfs, reference: true })).toMatchObject({ state: 'succeeded' });
    const image = await host.images.require('mine');
    expect(image.rootPath).toBe(rootfs);
    expect(statSync(rootfs)).toMatchObject({ nlink: 1, mode: before.mode, mtimeMs: before.mtimeMs });
    writeFileSync(rootfs, 'x', { flag: 'r+' });
    await expect(host.images.require('mine')).rejects.toMatchObject({
      kind: 'IMAGE_DAMAGED',
      why: expect.stringContaining('was changed') as string,
    });
    rmSync(rootfs);
    await expect(host.images.require('mine')).rejects.toMatchObject({
      why: expect.stringContaining('is missing') as string,
    });
    await expect(
      register({ name: 'other', rootfs: users.tree(GUEST_TREE), reference: true }),
    ).rejects.toMatchObject({
      kind: 'PARAMS_INVALID',
    });
  });

  it('boots the user’s own kernel when its initramfs comes with it', async () => {
    const kernelPath = users.path('vmlinux');
    writeFileSync(
      kernelPath,
      Buffer.concat([FIXTURE.vmlinux, Buffer.from('Linux version %s\0Linux version 6.9.1-mine (x)')]),
    );
    const initrdPath = users.path('initrd');
    writeFileSync(initrdPath, 'initrd');
    const rootfs = users.ext4();
    await expect(register({ rootfs, kernelPath })).rejects.toMatchObject({
      kind: 'KERNEL_INVALID',
      fix: expect.stringContaining('kernel register') as string,
    });
    await expect(register({ rootfs, kernel: 'nope' })).rejects.toMatchObject({ kind: 'KERNEL_NOT_FOUND' });
    await register({ rootfs, kernelPath, initrdPath });
    const view = await host.images.get('mine');
    expect(view).toMatchObject({ kernelVersion: '6.9.1-mine' });
    expect(view.kernel).toBeUndefined();
    expect(execFileSync('cat', [(await host.images.require('mine')).initrdPath], { encoding: 'utf8' })).toBe(
      'initrd',
    );
  });
});
