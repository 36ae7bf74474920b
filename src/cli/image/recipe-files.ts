export interface RecipeFile {
  readonly content: Buffer;
  readonly executable: boolean;
}

/** A recipe and what lies beside it, as the user who calls may read them. */
export abstract class RecipeFiles {
  /** @throws UsageError when it is no file, cannot be read, or is larger; `bytes` */
  abstract read(path: string, maxBytes: number): Promise<RecipeFile>;
}
