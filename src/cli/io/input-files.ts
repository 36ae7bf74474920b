import type { Readable } from 'node:stream';

/** Files that the user names as input. */
export abstract class InputFiles {
  /** A readable file. @param option that named it, for messages @throws UsageError when it cannot be read */
  abstract open(path: string, option?: string): Promise<Readable>;
  /** The same, with its size where it has one; `bytes` */
  abstract measured(path: string, option?: string): Promise<{ stream: Readable; sizeBytes?: number }>;
}
