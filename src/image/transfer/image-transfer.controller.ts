import { Controller } from '@nestjs/common';
import type { ParamsOf, ResultOf } from '../../contract/index.js';
import { Rpc } from '../../core/rpc/index.js';
import type { RpcContext } from '../../core/rpc/index.js';
import { CatalogPuller } from './catalog-puller.js';
import { ImageExporter } from './image-exporter.js';
import { ImageImporter } from './image-importer.js';

/** Images that go from one banger to another, over RPC. */
@Controller()
export class ImageTransferController {
  constructor(
    private readonly exporter: ImageExporter,
    private readonly importer: ImageImporter,
    private readonly catalogs: CatalogPuller,
  ) {}

  @Rpc('image.export')
  export({ image }: ParamsOf<'image.export'>): Promise<ResultOf<'image.export'>> {
    return this.exporter.grant(image);
  }

  @Rpc('image.import')
  import(params: ParamsOf<'image.import'>): ResultOf<'image.import'> {
    return this.importer.grant(params);
  }

  @Rpc('image.catalog.list')
  list(params: ParamsOf<'image.catalog.list'>, context: RpcContext): Promise<ResultOf<'image.catalog.list'>> {
    return this.catalogs.list(params, context.signal);
  }
}
