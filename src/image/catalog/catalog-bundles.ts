import { Injectable } from '@nestjs/common';
import { Downloads } from '../download/downloads.js';
import type { ResolvedImage } from './catalog-reader.js';

export interface ObtainOptions {
  /** where a bundle that is not on this host comes to lie when it is whole */
  readonly path: string;
  readonly signal: AbortSignal;
  readonly onProgress?: (receivedBytes: number) => void;
}

/** Bundles of a catalog as files of this host. */
@Injectable()
export class CatalogBundles {
  constructor(private readonly downloads: Downloads) {}

  /**
   * The path of the image's bundle: `options.path`, or that of the one which lies beside the catalog. Who reads it
   * gives `Bundles.read` the digest of the image, which is checked of every byte.
   */
  async obtain({ place, bundle }: ResolvedImage, options: ObtainOptions): Promise<string> {
    if ('path' in place) return place.path;
    const { sha256, sizeBytes } = bundle;
    await this.downloads.fetch({
      ...options,
      url: place.url,
      digest: `sha256:${sha256}`,
      sizeBytes,
      maxBytes: sizeBytes,
    });
    return options.path;
  }
}
