import { Controller } from '@nestjs/common';
import type { ParamsOf, ResultOf } from '../../contract/index.js';
import { Rpc } from '../../core/rpc/index.js';
import { ImagePruner } from './image-pruner.js';

@Controller()
export class ImagePruneController {
  constructor(private readonly pruner: ImagePruner) {}

  @Rpc('image.prunable')
  list({ all = false }: ParamsOf<'image.prunable'>): Promise<ResultOf<'image.prunable'>> {
    return this.pruner.list(all);
  }

  @Rpc('image.prune')
  prune({ things }: ParamsOf<'image.prune'>): Promise<ResultOf<'image.prune'>> {
    return this.pruner.prune(things);
  }
}
