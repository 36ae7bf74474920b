import { Injectable } from '@nestjs/common';
import type { ImageBuildParams } from '../../contract/image.dto.js';
import type { RpcClient } from '../client/rpc.js';
import { UsageError } from '../usage-error.js';
import { RecipeFiles } from './recipe-files.js';

/** `bytes` of a recipe, and of all files that come with it: with them a request is still one line */
const MAX_RECIPE = 64 * 1024;
const MAX_FILES = 2.5 * 1024 ** 2;
const SUFFIX = '.toml';

/** What tells a build which recipe to follow. */
export type SentRecipe = Pick<ImageBuildParams, 'name' | 'ready' | 'recipe' | 'recipeFile' | 'files'>;

/** Reads recipes with all they need and hands them to the daemon, which may not read what the caller may. */
@Injectable()
export class RecipeSender {
  constructor(private readonly files: RecipeFiles) {}

  /**
   * @param name what was given as the image: its name, or the path of a recipe
   * @param recipe what `--recipe` named: a file, or a ready recipe
   * @throws UsageError
   */
  async gather(
    client: Pick<RpcClient, 'call'>,
    name: string | undefined,
    recipe: string | undefined,
  ): Promise<SentRecipe> {
    if (recipe === undefined && name !== undefined && isPath(name))
      return this.#ofFile(client, name, undefined);
    if (recipe === undefined) return name === undefined ? {} : { name };
    if (isPath(recipe)) return this.#ofFile(client, recipe, name);
    return { ready: recipe, ...(name !== undefined && { name }) };
  }

  async #ofFile(
    client: Pick<RpcClient, 'call'>,
    path: string,
    name: string = nameOf(path),
  ): Promise<SentRecipe> {
    const recipe = textOf(path, (await this.files.read(path, MAX_RECIPE)).content);
    const wanted = await client.call('image.recipe.check', { recipe, recipeFile: path });
    const directory = path.slice(0, path.lastIndexOf('/') + 1);
    const files = [];
    let left = MAX_FILES;
    for (const file of new Set(wanted.files)) {
      const { content, executable } = await this.files.read(`${directory}${file}`, left);
      left -= content.length;
      files.push({ path: file, content: content.toString('base64'), ...(executable && { executable }) });
    }
    return { name, recipe, recipeFile: path, files };
  }
}

/** No name of an image, nor of a ready recipe, is one. */
function isPath(word: string): boolean {
  return word.includes('/') || word.endsWith(SUFFIX);
}

function textOf(path: string, content: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(content);
  } catch {
    throw new UsageError(
      `${path} is no text in UTF-8`,
      'name a recipe: docs/recipes.md tells what is in one',
    );
  }
}

/** `recipes/web.toml` → `web` */
function nameOf(path: string): string {
  const file = path.slice(path.lastIndexOf('/') + 1);
  const name = file.endsWith(SUFFIX) ? file.slice(0, -SUFFIX.length) : file;
  if (/^[a-z0-9][a-z0-9._-]{0,62}$/.test(name)) return name;
  throw new UsageError(
    `${path} gives no name for the image`,
    `name the image too: banger image build NAME --recipe ${path}`,
  );
}
