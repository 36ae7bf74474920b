import type { Readable } from 'node:stream';

export interface LocalFileOptions {
  /**
   * Only what every user of this host may read: the path comes from somebody who may have fewer rights than this
   * process has.
   */
  readonly forEverybody?: boolean;
}

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

  /** @throws DocumentProblem when it is not there, no plain file, not for that reader, or longer than `maxBytes` */
  abstract read(path: string, options: LocalFileOptions & { readonly maxBytes: number }): Promise<Buffer>;

  /** @throws DocumentProblem when it is not there, no plain file, or not for that reader */
  abstract stream(path: string, options: LocalFileOptions): Promise<Readable>;

  abstract isDirectory(path: string): Promise<boolean>;
}
