/** What an image is to be made of, as its recipe says. */
export interface Recipe {
  /** as messages call it: the file's path, or the name of a ready recipe */
  readonly file: string;
  readonly base: RecipeBase;
  readonly packages: readonly string[];
  /** those that are made when the base does not have them */
  readonly users: readonly string[];
  readonly files: readonly PlacedFile[];
  readonly commands: readonly RecipeCommand[];
  readonly services: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** of the root disk; the base's when left out */
  readonly diskBytes?: number | undefined;
  /** where each key stands in the file, counted from 1 */
  readonly lines: Readonly<Record<string, number>>;
}

/** Packages of the host's distribution, of its own release when none is named; or an image that is there. */
export type RecipeBase = { readonly suite?: string | undefined } | { readonly image: string };

export interface PlacedFile {
  /** path beside the recipe, relative */
  readonly from: string;
  /** path in the image, absolute */
  readonly to: string;
  /** permissions; 0644, or 0755 for what may be executed on the host, when left out */
  readonly mode?: number | undefined;
  /** `user`, `user:group` or numbers; root when left out */
  readonly owner?: string | undefined;
}

export interface RecipeCommand {
  readonly run: string;
  /** root when left out */
  readonly user?: string | undefined;
  readonly line?: number | undefined;
}

/** A file that came with a recipe. */
export interface RecipeContent {
  readonly content: Buffer;
  readonly executable: boolean;
}
