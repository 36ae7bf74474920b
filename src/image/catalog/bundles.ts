import type { Readable } from 'node:stream';
import type { BundledImage, BundleManifest } from './bundle-manifest.js';

export interface WriteBundleRequest {
  /** in the order in which they are to lie in the bundle; `name` as in an image's directory */
  readonly files: readonly { readonly name: string; readonly path: string }[];
  readonly image: BundledImage;
  /** a part lies beside it as `PATH.part` while it is written */
  readonly target: string;
  /** replaces what is there */
  readonly force?: boolean;
  readonly signal: AbortSignal;
  /** of the files' data, `bytes` */
  readonly onProgress?: (doneBytes: number, totalBytes: number) => void;
}

/** How much a bundle may ask for. */
export interface BundleLimits {
  /** of one file as it reads, `bytes` */
  readonly fileBytes: number;
  /** of all files as they lie on the disk, `bytes` */
  readonly dataBytes: number;
}

const GIB = 1024 ** 3;
export const BUNDLE_LIMITS: BundleLimits = { fileBytes: 1024 * GIB, dataBytes: 128 * GIB };

export interface ReadBundleRequest {
  /** a path, or the bytes with a name for them */
  readonly source: string | { readonly stream: Readable; readonly name: string };
  /** an empty directory */
  readonly into: string;
  readonly limits?: BundleLimits;
  /** `imageDigest` that it must have, `sha256:HEX` */
  readonly digest?: string;
  readonly signal: AbortSignal;
  /** of the bundle's bytes */
  readonly onProgress?: (readBytes: number) => void;
}

/** Images as single files, `NAME.banger.tar.zst`. */
export abstract class Bundles {
  /**
   * Writes one, whole or not at all, and to the disk. The same input makes the same bytes.
   * @throws BundleTargetTakenError, BundleInvalidError, DiskFullError, CancelledError
   */
  abstract write(request: WriteBundleRequest): Promise<BundleManifest>;

  /**
   * Unpacks one. What it resolves to has been checked against the manifest, file by file, and the files have their
   * holes again; they are mode 0600 and not yet synced. After an error nothing of it is left in the directory.
   * @throws BundleInvalidError, DiskFullError, CancelledError
   */
  abstract read(request: ReadBundleRequest): Promise<BundleManifest>;

  /** Its manifest, of which nothing has been checked against the files. @throws BundleInvalidError, CancelledError */
  abstract peek(source: ReadBundleRequest['source'], signal: AbortSignal): Promise<BundleManifest>;
}
