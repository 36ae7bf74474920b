import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface GuestImage {
  readonly kernelPath: string;
  readonly initrdPath: string;
  /** ext4, raw; never written: tests put a copy-on-write disk over it */
  readonly rootPath: string;
  readonly bootArguments: readonly string[];
}

/** A bootable image for tests of real VMs. Throws where there is none: a machine test that cannot run has failed. */
export async function requireGuestImage(): Promise<GuestImage> {
  const directory = process.env['BANGER_TEST_IMAGE_DIR'] ?? '/tmp/w/image';
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
