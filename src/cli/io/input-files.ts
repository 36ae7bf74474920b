import type { Readable } from 'node:stream';

/** Files that the user names as input. */
export abstract class InputFiles {
  /** A readable file. @throws UsageError when it cannot be read */
  abstract open(path: string): Promise<Readable>;
}
