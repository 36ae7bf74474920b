import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { Config } from '../../../../src/core/config/index.js';
import type { ConfigValues } from '../../../../src/core/config/index.js';
import { BundleCache } from '../../../../src/image/catalog/bundle-cache.js';
import { CatalogBundles } from '../../../../src/image/catalog/catalog-bundles.js';
import { WebCatalogDocuments } from '../../../../src/image/catalog/catalog-documents.adapter.js';
import { CatalogReader } from '../../../../src/image/catalog/catalog-reader.js';
import type { Catalog, CatalogSource } from '../../../../src/image/catalog/catalog-reader.js';
import { DiskCatalogWriter } from '../../../../src/image/catalog/catalog-writer.adapter.js';
import type { SignedCatalog } from '../../../../src/image/catalog/catalog-writer.js';
import { Downloads } from '../../../../src/image/download/downloads.js';
import type { DownloadRequest } from '../../../../src/image/download/downloads.js';
import { DiskImageFiles } from '../../../../src/image/store/image-files.adapter.js';
import { BundleBench } from './bundle-bench.js';

export class RecordedDownloads extends Downloads {
  readonly requests: DownloadRequest[] = [];

  override async fetch(request: DownloadRequest): Promise<void> {
    this.requests.push(request);
  }
}

export const quiet = (): AbortSignal => new AbortController().signal;

/** A directory with one bundle and a signed catalog of it. */
export class CatalogBench extends BundleBench {
  readonly shelf = this.path('shelf');
  readonly key = this.path('team.key');
  readonly documents = new WebCatalogDocuments();
  readonly reader: CatalogReader;
  readonly writer: DiskCatalogWriter;

  private constructor() {
    super();
    this.reader = new CatalogReader(this.documents);
    this.writer = new DiskCatalogWriter(this.bundles, this.documents);
  }

  static async open(): Promise<{ bench: CatalogBench; publicKey: string; signed: SignedCatalog }> {
    const bench = new CatalogBench();
    bench.makeTinyImage();
    mkdirSync(bench.shelf);
    await bench.write({ path: join(bench.shelf, 'small.banger.tar.zst') });
    const publicKey = await bench.writer.createKey(bench.key);
    return { bench, publicKey, signed: await bench.sign() };
  }

  sign(serial?: number): Promise<SignedCatalog> {
    const { shelf: directory, key: privateKeyPath } = this;
    return this.writer.sign({
      directory,
      privateKeyPath,
      signal: quiet(),
      ...(serial !== undefined && { serial }),
    });
  }

  shelves(downloads: Downloads): CatalogBundles {
    const config = new Config({ stateDirectory: this.path('state') } as ConfigValues);
    return new CatalogBundles(downloads, new BundleCache(config, new DiskImageFiles()), this.documents);
  }

  read(source: CatalogSource): Promise<Catalog> {
    return this.reader.read(source, quiet());
  }

  /** Changes the catalog without signing it again. */
  tamper(change: (text: string) => string): void {
    const path = join(this.shelf, 'catalog.json');
    writeFileSync(path, change(readFileSync(path, 'utf8')));
  }
}

export function refused(reason: RegExp): object {
  return {
    kind: 'IMAGE_CATALOG_INVALID',
    why: expect.stringMatching(reason) as unknown,
    fix: expect.stringMatching(/./) as unknown,
  };
}
