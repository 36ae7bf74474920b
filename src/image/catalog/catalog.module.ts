import { Module } from '@nestjs/common';
import { Bundles } from './bundles.js';
import { DiskBundles } from './bundles.adapter.js';
import { CatalogDocuments } from './catalog-documents.js';
import { WebCatalogDocuments } from './catalog-documents.adapter.js';
import { CatalogReader } from './catalog-reader.js';
import { CatalogWriter } from './catalog-writer.js';
import { DiskCatalogWriter } from './catalog-writer.adapter.js';

/** Bundles and lists of them. Apart from ImageModule, so that catalogs are made without a daemon. Needs ProcessRunner. */
@Module({
  providers: [
    { provide: Bundles, useClass: DiskBundles },
    { provide: CatalogDocuments, useClass: WebCatalogDocuments },
    { provide: CatalogWriter, useClass: DiskCatalogWriter },
    CatalogReader,
  ],
  exports: [Bundles, CatalogDocuments, CatalogReader, CatalogWriter],
})
export class CatalogModule {}
