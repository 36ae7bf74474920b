import { execFileSync } from 'node:child_process';
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { OperationView } from '../../../src/contract/index.js';
import { ImageController } from '../../../src/image/image.controller.js';
import { KernelController } from '../../../src/image/kernel/kernel.controller.js';
import { FIXTURE, PackageFixture } from './fixture.js';
import { ImageHost } from './support.js';
import { UsersFiles } from './users-files.js';

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
const kernels = (): KernelController => host.app.get(KernelController, { strict: false });

describe('a kernel that is registered', () => {
  const vmlinux = (): string => {
    const path = users.path('vmlinux');
    writeFileSync(path, Buffer.concat([FIXTURE.vmlinux, Buffer.from('Linux version 6.9.1-mine (x)')]));
    return path;
  };
  const modules = (list: string): string =>
    users.tree({ 'modules.dep': list, 'kernel/virtio_blk.ko': 'virtio_blk', 'kernel/ext4.ko': 'ext4' });
  const keep = async (kernelPath: string, modulesPath?: string): Promise<OperationView> => {
    const { id } = await kernels().register({
      name: 'own',
      kernelPath,
      ...(modulesPath !== undefined && { modulesPath }),
    });
    return (await host.follow(id)).view;
  };
  const forget = (): Promise<unknown> => kernels().delete({ kernel: 'own' });

  it.each(['a directory', 'an archive', 'a root file system'])(
    'has the modules of %s, and images start with it',
    async (form) => {
      let path = modules('kernel/virtio_blk.ko:\nkernel/ext4.ko: kernel/virtio_blk.ko\n');
      symlinkSync('/etc', join(path, 'build'));
      if (form === 'a root file system') {
        const root = users.tree({ 'lib/modules/x': '' });
        execFileSync('mv', [path, join(root, 'lib/modules/6.9.1-mine')]);
        path = root;
      }
      if (form === 'an archive') {
        execFileSync('tar', ['-z', '-C', path, '-cf', `${path}.t`, '.']);
        path = `${path}.t`;
      }
      const view = await keep(vmlinux(), path);
      expect(view, JSON.stringify(view.error)).toMatchObject({ state: 'succeeded' });
      onTestFinished(async () => void (await forget()));
      expect(await kernels().get({ kernel: 'own' })).toMatchObject({
        version: '6.9.1-mine',
        source: { kind: 'register' },
      });
      const { id } = await host.app
        .get(ImageController, { strict: false })
        .register({ name: 'mine', rootfs: users.ext4(), kernel: 'own' });
      expect((await host.follow(id)).view).toMatchObject({ state: 'succeeded' });
      const { initrdPath } = await host.images.require('mine');
      const names = execFileSync('cpio', ['-t', '--quiet'], {
        input: readFileSync(initrdPath),
        encoding: 'utf8',
      });
      expect(names).toContain('modules/ext4.ko');
      expect(names).not.toContain('build');
    },
  );

  it('may have everything built in', async () => {
    expect(await keep(vmlinux())).toMatchObject({ state: 'succeeded' });
    await forget();
  });

  it.each([
    ['no kernel', () => [users.ext4()], 'neither a vmlinux'],
    ['a list that leads out', () => [vmlinux(), modules('../../etc/shadow:\n')], 'outside'],
    ['no list', () => [vmlinux(), users.tree({ x: '' })], 'neither modules.dep'],
  ] as const)('is refused with %s, and nothing is left', async (_what, make, why) => {
    const [kernel = '', list]: readonly (string | undefined)[] = make();
    const view = await keep(kernel, list);
    expect(view).toMatchObject({
      state: 'failed',
      error: { data: { kind: 'KERNEL_INVALID', why: expect.stringContaining(why) as string } },
    });
    expect((await kernels().list()).map(({ name }) => name)).toEqual(['debian']);
  });
});
