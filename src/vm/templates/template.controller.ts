import { Controller } from '@nestjs/common';
import type { ImageTemplateView, ParamsOf, ResultOf } from '../../contract/index.js';
import { Rpc } from '../../core/rpc/index.js';
import { ImageService } from '../../image/index.js';
import { TemplateStore } from './template-store.js';
import { TemplateWarming } from './template-warming.js';

/** Images over RPC, as far as templates belong to them. */
@Controller()
export class TemplateController {
  constructor(
    private readonly images: ImageService,
    private readonly store: TemplateStore,
    private readonly warming: TemplateWarming,
  ) {}

  @Rpc('image.get')
  async get({ image }: ParamsOf<'image.get'>): Promise<ResultOf<'image.get'>> {
    const view = await this.images.get(image);
    const own = this.store.list().filter(({ template }) => template.shape.imageId === view.id);
    return Object.assign(view, { templates: own.map(viewOf) });
  }

  @Rpc('image.warm.begin')
  async warm(params: ParamsOf<'image.warm.begin'>): Promise<ResultOf<'image.warm.begin'>> {
    return this.warming.begin(params);
  }
}

function viewOf({ template, lastUsedAt }: ReturnType<TemplateStore['list']>[number]): ImageTemplateView {
  const { id, shape, allocatedBytes, createdAt } = template;
  const { cpus, memoryMib, diskMib, workDiskMib, accelerator } = shape;
  return {
    id,
    cpus,
    memoryMib,
    diskMib,
    ...(workDiskMib !== undefined && { workDiskMib }),
    accelerator,
    allocatedBytes,
    createdAt,
    lastUsedAt: lastUsedAt.toISOString(),
  };
}
