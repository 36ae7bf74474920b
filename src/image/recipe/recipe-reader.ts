import { Injectable } from '@nestjs/common';
import type { ImageBuildParams, RecipeFile } from '../../contract/index.js';
import { parseRecipe } from './parse-recipe.js';
import { ReadyRecipes } from './ready-recipes.js';
import { MAX_CONTENT_BYTES } from './recipe-keys.js';
import { ReadyRecipeMissingError, RecipeInvalidError } from './recipe.errors.js';
import type { Recipe, RecipeContent } from './recipe.types.js';

export interface ReadRecipe {
  readonly recipe: Recipe;
  /** of its files, by where they are from */
  readonly contents: ReadonlyMap<string, RecipeContent>;
}

/** The recipe that a build is to follow. */
@Injectable()
export class RecipeReader {
  constructor(private readonly ready: ReadyRecipes) {}

  /**
   * The recipe that was sent; the ready one that was named; the one of the image's own name; or that of the default
   * image, which is nothing but what a guest needs.
   * @throws RecipeInvalidError, ReadyRecipeMissingError
   */
  async ofBuild(name: string, params: ImageBuildParams): Promise<ReadRecipe> {
    const { recipe, recipeFile = 'recipe', ready, files = [] } = params;
    if (recipe !== undefined) {
      const parsed = await parseRecipe(recipeFile, recipe);
      return { recipe: parsed, contents: contentsOf(parsed, files) };
    }
    const text = await this.ready.read(ready ?? name);
    if (text === undefined && ready !== undefined)
      throw new ReadyRecipeMissingError(ready, await this.ready.names());
    return { recipe: await parseRecipe(ready ?? name, text ?? ''), contents: new Map() };
  }
}

function contentsOf(recipe: Recipe, sent: readonly RecipeFile[]): Map<string, RecipeContent> {
  const contents = new Map(
    sent.map(({ path, content, executable = false }) => [
      path,
      { content: Buffer.from(content, 'base64'), executable },
    ]),
  );
  const issues = recipe.files.flatMap(({ from }, index) =>
    contents.has(from) ? [] : [{ key: `files[${index}].from`, message: `"${from}" did not come along` }],
  );
  const bytes = [...contents.values()].reduce((sum, { content }) => sum + content.length, 0);
  if (bytes > MAX_CONTENT_BYTES)
    issues.push({
      key: 'files',
      message: `are ${bytes} bytes together, and at most ${MAX_CONTENT_BYTES} can come along`,
    });
  if (issues.length > 0) throw new RecipeInvalidError(recipe.file, issues);
  return contents;
}
