import { Controller } from '@nestjs/common';
import type { ParamsOf, ResultOf } from '../contract/index.js';
import { Rpc } from '../core/rpc/index.js';
import { ImageBuilder } from './build/image-builder.js';
import { ImagePuller } from './pull/image-puller.js';
import { parseRecipe } from './recipe/parse-recipe.js';
import { RegisterService } from './register/register.service.js';
import { CatalogPuller } from './transfer/catalog-puller.js';
import { ImageService } from './image.service.js';

@Controller()
export class ImageController {
  constructor(
    private readonly images: ImageService,
    private readonly builder: ImageBuilder,
    private readonly puller: ImagePuller,
    private readonly registering: RegisterService,
    private readonly catalogs: CatalogPuller,
  ) {}

  @Rpc('image.list')
  list(): Promise<ResultOf<'image.list'>> {
    return this.images.list();
  }

  @Rpc('image.build.begin')
  build(params: ParamsOf<'image.build.begin'>): Promise<ResultOf<'image.build.begin'>> {
    return this.builder.begin(params);
  }

  @Rpc('image.pull.begin')
  pull(params: ParamsOf<'image.pull.begin'>): Promise<ResultOf<'image.pull.begin'>> {
    const { catalog } = params;
    return catalog === undefined ? this.puller.begin(params) : this.catalogs.begin(catalog, params);
  }

  @Rpc('image.recipe.check')
  async checkRecipe(params: ParamsOf<'image.recipe.check'>): Promise<ResultOf<'image.recipe.check'>> {
    const { base, files } = await parseRecipe(params.recipeFile ?? 'recipe', params.recipe);
    return { ...('image' in base && { image: base.image }), files: files.map(({ from }) => from) };
  }

  @Rpc('image.register.begin')
  register(params: ParamsOf<'image.register.begin'>): Promise<ResultOf<'image.register.begin'>> {
    return this.registering.begin(params);
  }

  @Rpc('image.delete')
  delete(params: ParamsOf<'image.delete'>): Promise<ResultOf<'image.delete'>> {
    return this.images.delete(params.image);
  }
}
