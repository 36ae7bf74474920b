import type { TreeProgram } from '../tree/trees.js';

/** One step of a recipe. */
export interface RecipeStep {
  /** `command` */
  readonly kind: 'packages' | 'users' | 'files' | 'command' | 'services';
  /** `command 2/3: npm ci` */
  readonly title: string;
  /** where it stands in the recipe, counted from 1 */
  readonly line?: number | undefined;
  /** sha256, hex, over what it does and all that was done before: the same again leads to the same tree */
  readonly digest: string;
  readonly program: Pick<TreeProgram, 'script' | 'args'> & { readonly stdin?: Buffer };
}
