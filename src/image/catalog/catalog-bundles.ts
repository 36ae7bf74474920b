import { Injectable } from '@nestjs/common';
import { Downloads } from '../download/downloads.js';
import { BundleCache } from './bundle-cache.js';
import type { BundleSource } from './bundles.js';
import { CatalogInvalidError } from './catalog.errors.js';
import { CatalogDocuments } from './catalog-documents.js';
import type { LocalFileOptions } from './catalog-documents.js';
import type { ResolvedImage } from './catalog-reader.js';
import { DocumentProblem } from './json-checks.js';

export interface ObtainOptions extends LocalFileOptions {
  readonly signal: AbortSignal;
  /** runs the download of a bundle that is not on this host */
  readonly download: (fetch: (onProgress: (receivedBytes: number) => void) => Promise<void>) => Promise<void>;
}

/** Bundles of a catalog, as long as they are needed. */
@Injectable()
export class CatalogBundles {
  constructor(
    private readonly downloads: Downloads,
    private readonly cache: BundleCache,
    private readonly documents: CatalogDocuments,
  ) {}

  /**
   * Gives `use` the image's bundle: the one which lies beside the catalog, or a download, gone on with where an earlier
   * one was broken off. Who reads it gives the digest of the image, which is checked of every byte.
   */
  async with<T>(
    image: ResolvedImage,
    options: ObtainOptions,
    use: (bundle: BundleSource) => Promise<T>,
  ): Promise<T> {
    const { place, bundle } = image;
    const { signal } = options;
    if ('path' in place) return use({ stream: await this.#open(place.path, options), name: place.path });
    const { sha256, sizeBytes } = bundle;
    return this.cache.use(sha256, signal, async (path) => {
      await options.download((onProgress) =>
        this.downloads.fetch({
          url: place.url,
          path,
          digest: `sha256:${sha256}`,
          sizeBytes,
          maxBytes: sizeBytes,
          signal,
          onProgress,
        }),
      );
      return use(path);
    });
  }

  async #open(path: string, options: LocalFileOptions): ReturnType<CatalogDocuments['stream']> {
    return this.documents.stream(path, options).catch((error: unknown) => {
      if (!(error instanceof DocumentProblem)) throw error;
      throw new CatalogInvalidError(path, {
        reason: `of a bundle that it names: ${error.message}`,
        fix: error.fix ?? 'ask whoever made it to make it again: banger image catalog sign',
        cause: error,
      });
    });
  }
}
