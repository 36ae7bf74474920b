import type { Compression } from './media-types.js';
import type { OciConfig } from './oci-config.js';
import type { OciReference } from './reference.js';

export interface OciLayer {
  /** `sha256:HEX` of the file */
  readonly digest: string;
  /** `sha256:HEX` of the tar archive in it; for who unpacks it to verify */
  readonly diffId: string;
  readonly compression: Compression;
  readonly path: string;
  /** `bytes` of the file */
  readonly sizeBytes: number;
}

/** An image as it came from a registry, its layers on this disk. */
export interface OciImage {
  readonly reference: OciReference;
  /** of the platform's manifest */
  readonly manifestDigest: string;
  readonly config: OciConfig;
  /** lowest first; the same one may be there more than once */
  readonly layers: readonly OciLayer[];
  /** Lets go of the layers: they may be deleted then. Again is harmless. */
  release(): void;
}

export interface PullProgress {
  readonly doneBytes: number;
  readonly totalBytes: number;
}
