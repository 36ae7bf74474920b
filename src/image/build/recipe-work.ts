import { createHash } from 'node:crypto';
import { DEFAULT_IMAGE } from '../../contract/index.js';
import type { ImageMetadataView } from '../../contract/index.js';
import { environmentFile, sshEnvironment } from '../metadata/image-environment.js';
import type { Recipe, RecipeContent } from '../recipe/recipe.types.js';
import { FINISH } from '../steps/recipe-scripts.js';
import type { RecipeStep } from '../steps/recipe-step.js';

/** What is asked of a build. */
export interface BuildOrder {
  readonly recipe: Recipe;
  /** of the recipe's files, by where they are from */
  readonly contents: ReadonlyMap<string, RecipeContent>;
  /** to build even when the image is up to date, and nothing that was kept of packages and steps is used */
  readonly force: boolean;
  /** to build even when the image is up to date, and no step that was kept is used */
  readonly noCache: boolean;
  /** to be content with the packages of the image that is there */
  readonly keepPackages: boolean;
}

/** Whether there is nothing in a recipe that makes its image another than the default one. */
export function isPlain({ packages, users, files, commands, services, env, diskBytes }: Recipe): boolean {
  const lists = [packages, users, files, commands, services, Object.keys(env)];
  return diskBytes === undefined && lists.every(({ length }) => length === 0);
}

/**
 * sha256, hex, over all that an image is made of.
 * @param base digest of what the steps are taken over
 */
export function orderDigest(base: string, steps: readonly RecipeStep[], { env, diskBytes }: Recipe): string {
  const facts = [base, steps.at(-1)?.digest ?? '', Object.entries(env), diskBytes ?? 0, FINISH];
  return createHash('sha256').update(JSON.stringify(facts)).digest('hex');
}

/** Arguments of {@link FINISH}; sizes in `bytes`. */
export function finishArguments(
  sizes: { rootBytes: number; workBytes: number },
  env: Readonly<Record<string, string>>,
): string[] {
  const sectors = [sizes.rootBytes, sizes.workBytes].map((bytes) => String(bytes / 512));
  if (Object.keys(env).length === 0) return sectors;
  const file = environmentFile(env);
  const exports = 'content' in file ? file.content : '';
  return [...sectors, exports, `${sshEnvironment(env).join('\n')}\n`];
}

/** What an image says of running it, with these variables in place of its own. */
export function metadataWith(
  env: Readonly<Record<string, string>>,
  given: Readonly<Partial<ImageMetadataView>> = {},
): ImageMetadataView | undefined {
  const facts = { entrypoint: [], cmd: [], labels: {}, ...Object.fromEntries(Object.entries(given)) };
  if (Object.keys(given).length === 0 && Object.keys(env).length === 0) return undefined;
  return { ...facts, env: { ...env } };
}

/** By whose name the packages are kept that recipes of a release share. */
export function packagesName(suite: string | undefined): string {
  return suite === undefined ? DEFAULT_IMAGE : `${DEFAULT_IMAGE}-${suite}`;
}
