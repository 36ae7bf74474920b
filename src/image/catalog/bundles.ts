import type { Readable, Writable } from 'node:stream';
import type { BundledImage, BundleManifest } from './bundle-manifest.js';

export interface WriteBundleRequest {
  /** in the order in which they are to lie in the bundle; `name` as in an image's directory */
  readonly files: readonly { readonly name: string; readonly path: string }[];
  readonly image: BundledImage;
  /** gets the bundle; ended when it is whole, destroyed when it will never be */
  readonly target: Writable;
  /** sees what will be in it before its first byte goes out; what it throws keeps it from being written */
  readonly check?: (manifest: BundleManifest) => void;
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

/** a path, or the bytes with a name for them */
export type BundleSource = string | { readonly stream: Readable; readonly name: string };

export interface OpenBundleOptions {
  readonly signal: AbortSignal;
  /** of the bundle's bytes */
  readonly onProgress?: (readBytes: number) => void;
}

export interface UnpackRequest {
  /** an empty directory */
  readonly into: string;
  readonly limits?: BundleLimits;
  /** `imageDigest` that it must have, `sha256:HEX` */
  readonly digest?: string;
}

/** A bundle of which the manifest has been read, and nothing yet of what follows. */
export interface OpenBundle {
  /** nothing of it has been checked against the files */
  readonly manifest: BundleManifest;
  /**
   * Unpacks the rest, once. Its files have been checked against the manifest then, and have their holes again; they are
   * mode 0600 and not yet synced. After an error nothing of it is left in the directory.
   * @throws BundleInvalidError, DiskFullError, CancelledError
   */
  unpack(request: UnpackRequest): Promise<void>;
}

export interface ReadBundleRequest extends OpenBundleOptions, UnpackRequest {
  readonly source: BundleSource;
}

/** Images as single files, `NAME.banger.tar.zst`. */
export abstract class Bundles {
  /** The same input makes the same bytes. @throws BundleInvalidError, CancelledError, and what `check` throws */
  abstract write(request: WriteBundleRequest): Promise<BundleManifest>;

  /** Gives `use` a bundle as long as that takes. @throws BundleInvalidError, CancelledError, and what `use` throws */
  abstract open<T>(
    source: BundleSource,
    options: OpenBundleOptions,
    use: (bundle: OpenBundle) => Promise<T>,
  ): Promise<T>;

  /** Opens and unpacks one. @throws BundleInvalidError, DiskFullError, CancelledError */
  async read({ source, signal, onProgress, ...request }: ReadBundleRequest): Promise<BundleManifest> {
    const options = { signal, ...(onProgress !== undefined && { onProgress }) };
    return this.open(source, options, async (bundle) => {
      await bundle.unpack(request);
      return bundle.manifest;
    });
  }

  /** Its manifest, of which nothing has been checked against the files. @throws BundleInvalidError, CancelledError */
  async peek(source: BundleSource, signal: AbortSignal): Promise<BundleManifest> {
    return this.open(source, { signal }, (bundle) => Promise.resolve(bundle.manifest));
  }
}
