import type { ImageMetadataView, ImageSourceView } from '../contract/index.js';
import type { Prisma } from '../core/database/index.js';
import type { ImageFileFacts } from './metadata/image-digest.js';
import type { FileReference } from './store/file-references.js';

/** Row of an image together with the names of the VMs that stand on it, and of its kernel. */
export type ImageRow = Prisma.ImageGetPayload<{
  include: { vms: { select: { name: true } }; kernel: { select: { name: true } } };
}>;

/** What the one who makes an image knows of it. Its files lie in the site by then. */
export interface ImageDraft {
  readonly id: string;
  readonly name: string;
  /** sha256 over what it was made from, hex: the same again would be the same image */
  readonly recipeDigest: string;
  /** `Debian GNU/Linux 12 (bookworm)` */
  readonly distribution: string;
  /** `6.1.0-56-cloud-amd64` */
  readonly kernelVersion: string;
  /** id of the kernel that was put into it */
  readonly kernelId?: string | undefined;
  /** size of the root disk as the guest sees it, `bytes` */
  readonly diskBytes: number;
  readonly bootArguments: readonly string[];
  readonly source: ImageSourceView;
  readonly metadata?: ImageMetadataView | undefined;
  /** fingerprint of the key that its work seed lets in: `SHA256:…` */
  readonly seedKey?: string | undefined;
  /** of its root file system, where that stays where it is and is not in the site */
  readonly reference?: FileReference | undefined;
  /** what else its manifest is to keep */
  readonly notes?: Readonly<Record<string, unknown>>;
}

export interface NewImage extends Omit<ImageDraft, 'notes'> {
  /** `sha256:…` */
  readonly digest: string;
  /** `bytes` */
  readonly allocatedBytes: number;
}

/** manifest.json in an image's directory. Those of version 1 have neither digest nor source nor files. */
export interface ImageManifest extends Omit<NewImage, 'allocatedBytes'> {
  readonly version: 1 | 2;
  readonly files: readonly ImageFileFacts[];
  /** name of what work disks begin as, where that is no longer what it was made with */
  readonly seed?: string;
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
