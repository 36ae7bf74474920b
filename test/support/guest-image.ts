import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface GuestImage {
  readonly kernelPath: string;
  readonly initrdPath: string;
  /** ext4, raw; never written: tests put a copy-on-write disk over it */
  readonly rootPath: string;
  readonly bootArguments: readonly string[];
}

/** The image that the run's global setup has built. Throws where there is none: a machine test that cannot run has failed. */
export async function requireGuestImage(): Promise<GuestImage> {
  const base = process.env['BANGER_TEST_BASE'];
  if (base === undefined)
    throw new Error('no image: end-to-end tests run with test/support/base-image.global-setup.ts');
  const [id] = (await readdir(join(base, 'images'))).filter((name) => name.startsWith('img_'));
  if (id === undefined) throw new Error(`no image in ${base}`);
  const directory = join(base, 'images', id);
  const manifest = JSON.parse(await readFile(join(directory, 'manifest.json'), 'utf8')) as {
    bootArguments: string[];
  };
  return {
    kernelPath: join(directory, 'vmlinux'),
    initrdPath: join(directory, 'initrd'),
    rootPath: join(directory, 'root.ext4'),
    bootArguments: manifest.bootArguments,
  };
}
