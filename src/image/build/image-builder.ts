import { Injectable } from '@nestjs/common';
import { DEFAULT_IMAGE } from '../../contract/index.js';
import type { ImageBuildParams, OperationView } from '../../contract/index.js';
import { ImageMaking } from '../making/image-making.js';
import { nameOf } from '../metadata/image-name.js';
import { RecipeReader } from '../recipe/recipe-reader.js';
import { RecipeInvalidError } from '../recipe/recipe.errors.js';
import { BuildPreflight } from './build-preflight.js';
import { DerivedBuild } from './derived-build.js';
import { PackageBuild } from './package-build.js';

/** Builds images from recipes; the default one is that of the host distribution's packages. */
@Injectable()
export class ImageBuilder {
  constructor(
    private readonly making: ImageMaking,
    private readonly preflight: BuildPreflight,
    private readonly recipes: RecipeReader,
    private readonly packages: PackageBuild,
    private readonly derived: DerivedBuild,
  ) {}

  /**
   * Begins to build the image of a name; ends at once when the one that is there has the same inputs.
   * @throws RecipeInvalidError, ReadyRecipeMissingError, ImageBusyError, HostBinaryMissingError, BuildPreflightError,
   * DiskFullError
   */
  async begin(params: ImageBuildParams): Promise<OperationView> {
    const {
      name = params.ready ?? DEFAULT_IMAGE,
      force = false,
      noCache = false,
      keepPackages = false,
    } = params;
    const found = await this.recipes.ofBuild(name, params);
    const { base } = found.recipe;
    if ('image' in base && nameOf(base.image) === nameOf(name))
      throw new RecipeInvalidError(found.recipe.file, [{ key: 'image', message: 'is the image itself' }]);
    await this.preflight.check();
    const order = { ...found, force, noCache, keepPackages };
    return this.making.begin({ kind: 'image.build', name, replace: true }, (making) =>
      'image' in base
        ? this.derived.produce(making, order, base.image)
        : this.packages.produce(making, order),
    );
  }
}
