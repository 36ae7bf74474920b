import { createHash } from 'node:crypto';
import type { GuestFile } from '../guest/guest-file.js';
import type { AptSource } from './apt-sources.js';
import type { Distribution } from './distributions.js';

/** Raised when the way of building changes the result without changing any of the recipe's texts. */
const BUILD_FORMAT = 1;

/** `bytes`; sparse, so that only what is in it takes space */
export const ROOT_DISK_BYTES = 8 * 1024 ** 3;

/** `bytes`; the smallest work disk, and sparse: each VM's is as large as was asked for */
export const WORK_DISK_BYTES = 512 * 1024 ** 2;

/** Sizes that the guest's files tell it, `bytes` */
export const DISK_SIZES = { diskBytes: ROOT_DISK_BYTES, workBytes: WORK_DISK_BYTES } as const;

/** What the image asks of the kernel. Console and clock are the hypervisor driver's. */
export const BOOT_ARGUMENTS: readonly string[] = [
  // the address of the identity drive is for eth0
  'net.ifnames=0',
  'quiet',
  // a guest that panics ends instead of hanging
  'panic=-1',
  // self-tests of the kernel's ciphers: a third of the kernel's start under emulation
  'cryptomgr.notests',
  'systemd.show_status=0',
];

/** Everything that decides what the packages part of an image looks like. */
export interface PackagesRecipe {
  readonly distribution: Distribution;
  /** `bookworm` */
  readonly codename: string;
  readonly sources: readonly AptSource[];
  readonly packages: readonly string[];
  /** scripts that run inside the build */
  readonly scripts: readonly string[];
  /** what the mirrors have: the {@link indexDigest} of each source, in their order */
  readonly releases: readonly string[];
}

/** sha256, hex. The same digest means the same packages in the same versions. */
export function packagesDigest(recipe: PackagesRecipe): string {
  const { distribution, codename, sources, packages, scripts, releases } = recipe;
  return digest([
    BUILD_FORMAT,
    [distribution.id, distribution.kernelPackage, distribution.kernelCompanions, codename],
    sources.map(({ uri, suite, components }) => [uri, suite, components]),
    packages.toSorted(),
    scripts,
    releases,
  ]);
}

/** sha256, hex, over all inputs of an image. */
export function recipeDigest(inputs: {
  packages: string;
  guestFiles: readonly GuestFile[];
  initramfs: readonly string[];
  diskBytes: number;
  bootArguments: readonly string[];
}): string {
  return digest([
    BUILD_FORMAT,
    inputs.packages,
    inputs.guestFiles,
    inputs.initramfs,
    inputs.diskBytes,
    inputs.bootArguments,
  ]);
}

/**
 * sha256, hex, over the package indexes that a mirror's signed Release file lists. Not over the whole file: mirrors
 * sign and date theirs several times a day, and two servers of one mirror differ, with the same packages.
 */
export function indexDigest(release: string): string {
  const indexes = release
    .split('\n')
    .filter((line) => /^ [0-9a-f]{64} +\d+ \S+\/binary-[a-z0-9]+\/Packages$/.test(line));
  return digest(indexes.length === 0 ? release : indexes.toSorted().join('\n'));
}

function digest(value: unknown): string {
  return createHash('sha256')
    .update(typeof value === 'string' ? value : JSON.stringify(value))
    .digest('hex');
}
