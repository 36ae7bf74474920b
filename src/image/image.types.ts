import type { Prisma } from '../core/database/index.js';

/** Row of an image together with the names of the VMs that stand on it. */
export type ImageRow = Prisma.ImageGetPayload<{ include: { vms: { select: { name: true } } } }>;

export interface NewImage {
  readonly id: string;
  readonly name: string;
  readonly recipeDigest: string;
  readonly distribution: string;
  readonly kernelVersion: string;
  /** `bytes` */
  readonly diskBytes: number;
  /** `bytes` */
  readonly allocatedBytes: number;
  readonly bootArguments: readonly string[];
}

/** What it takes to boot from an image. Its files are never written. */
export interface BootableImage {
  readonly id: string;
  readonly name: string;
  readonly kernelPath: string;
  readonly initrdPath: string;
  readonly rootPath: string;
  readonly rootFormat: 'raw';
  /** what a work disk begins as, raw; not there in an image built before there were any */
  readonly workPath: string;
  /** size of the root disk as the guest sees it, `bytes` */
  readonly diskBytes: number;
  /** what its files take, `bytes`: an upper bound of what the system takes of the root disk */
  readonly allocatedBytes: number;
  /** for the kernel's command line; the driver adds what its machine needs */
  readonly bootArguments: readonly string[];
  readonly kernelVersion: string;
  readonly distribution: string;
}
