/** Small files that a catalog is made of, from the web and from this host. */
export abstract class CatalogDocuments {
  /**
   * Asks over https, or http on this host; follows few redirects.
   * @throws DocumentProblem when it cannot be had or is longer than `maxBytes`
   */
  abstract fetch(
    url: string,
    options: { readonly maxBytes: number; readonly signal: AbortSignal },
  ): Promise<Buffer>;

  /** @throws DocumentProblem when it is not there, no plain file, or longer than `maxBytes` */
  abstract read(path: string, maxBytes: number): Promise<Buffer>;

  abstract isDirectory(path: string): Promise<boolean>;
}
