/** A file that is being written. What was there before stays until it is whole. */
export interface OutputFile {
  write(chunk: Buffer): Promise<void>;
  /** Puts it in its place. */
  finish(): Promise<void>;
  /** Takes away what was written; after `finish` that is nothing. */
  discard(): Promise<void>;
}

/** Files that the user names as output. */
export abstract class OutputFiles {
  /**
   * @param path absolute
   * @param options.replace false: a file that is there, or comes meanwhile, stays, and is an error
   * @throws OUTPUT_UNWRITABLE, DISK_FULL, RESOURCE_TAKEN
   */
  abstract create(path: string, options: { readonly replace: boolean }): Promise<OutputFile>;
}
