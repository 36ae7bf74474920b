import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { BootableImage } from '../../../src/image/index.js';
import { ImageSites } from '../../../src/image/store/image-sites.js';
import { PackageFixture } from './fixture.js';
import { ImageHost } from './support.js';

let packages: PackageFixture;
let host: ImageHost;
beforeEach(async () => {
  packages = await PackageFixture.make();
  host = await ImageHost.open({ buildHost: packages });
  await host.build();
});
afterEach(async () => {
  await host.close();
  await packages.remove();
});

const publicKey = (): string => readFileSync(`${host.config.daemonKeyPath}.pub`, 'utf8');
const require = (): Promise<BootableImage> => host.images.require('debian', { workDisk: true });
const letsIn = ({ workPath }: BootableImage): string =>
  execFileSync('debugfs', ['-R', 'cat /.ssh/authorized_keys', workPath], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
const manifest = (id: string): { files: { name: string }[]; digest: string; seedKey: string } =>
  JSON.parse(readFileSync(join(host.config.imagesDirectory, id, 'manifest.json'), 'utf8')) as never;

/** Another daemon's, from now on: made when it is first needed. */
async function changeKey(): Promise<void> {
  rmSync(host.config.keysDirectory, { recursive: true });
  await host.close({ keep: true });
  host = await ImageHost.open({ buildHost: packages, directory: host.directory });
}

it('lets in the daemon that made it, and is readable for whoever runs VMs', async () => {
  const image = await require();
  expect(image.workPath).toMatch(/\/work\.ext4$/);
  expect(letsIn(image)).toBe(publicKey());
  const mode = statSync(image.workPath).mode & 0o777;
  expect(mode).toBe(host.config.values.mode === 'root' ? 0o644 : 0o600);
  const { seedKey } = await host.images.get('debian');
  const fingerprint = execFileSync('ssh-keygen', ['-lf', `${host.config.daemonKeyPath}.pub`], {
    encoding: 'utf8',
  });
  expect(fingerprint.split(' ')[1]).toBe(seedKey);
  const stat = execFileSync('debugfs', ['-R', 'stat /.ssh', image.workPath], {
    encoding: 'utf8',
    stdio: 'pipe',
  });
  expect(stat).toMatch(/Mode: +0700[\s\S]*User: +0 +Group: +0/);
});

it('lets in another key when the daemon has one, and no file changes that disks stand on', async () => {
  const before = await require();
  const content = readFileSync(before.workPath);
  const oldKey = publicKey();
  const { digest } = manifest(before.id);
  await changeKey();
  expect((await host.images.require('debian')).workPath, 'not before it is needed').toBe(before.workPath);

  const [after, twice] = await Promise.all([require(), require()]);
  expect(after.workPath).not.toBe(before.workPath);
  expect(twice.workPath).toBe(after.workPath);
  expect(publicKey()).not.toBe(oldKey);
  expect(letsIn(after)).toBe(publicKey());
  expect(readFileSync(after.workPath).includes(oldKey.split(' ')[1] ?? '')).toBe(false);
  expect(readFileSync(before.workPath).equals(content)).toBe(true);
  execFileSync('e2fsck', ['-fn', after.workPath], { stdio: 'pipe' });
  expect(manifest(after.id).files.map(({ name }) => name)).toContain(after.workPath.split('/').at(-1));
  expect(manifest(after.id)).toMatchObject({ digest, seedKey: (await host.images.get('debian')).seedKey });
  expect(statSync(after.workPath).mode).toBe(statSync(before.workPath).mode);
  expect(statSync(after.workPath).nlink, 'it is a blob').toBe(2);
  expect(await host.imageDirectory()).toEqual([after.id]);
  // a new daemon knows it
  await host.close({ keep: true });
  host = await ImageHost.open({ buildHost: packages, directory: host.directory });
  expect((await require()).workPath).toBe(after.workPath);
  await host.images.delete('debian');
  expect(readdirSync(join(host.config.values.stateDirectory, 'blobs')).length, 'those of the kernel').toBe(3);
});

it('serves as it is when it cannot be changed, and nothing is left of the attempt', async () => {
  const before = await require();
  await changeKey();
  const sites = host.app.get(ImageSites, { strict: false });
  const open = vi.spyOn(sites, 'open').mockRejectedValueOnce(new Error('no room'));
  expect((await require()).workPath).toBe(before.workPath);
  expect(open).toHaveBeenCalledOnce();
  expect(await host.imageDirectory()).toEqual([before.id]);
  expect((await require()).workPath).not.toBe(before.workPath);
});
