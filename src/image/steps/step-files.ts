export interface KeptFile {
  readonly name: string;
  readonly sizeBytes: number;
  /** when it was last of use, `ms` since 1970 */
  readonly usedAtMs: number;
}

/** Files of the cache of steps. All paths absolute. */
export abstract class StepFiles {
  /** sha256 of its content, hex; undefined when it cannot be read */
  abstract digest(path: string, signal: AbortSignal): Promise<string | undefined>;
  /** It is of use now; gone is no failure. */
  abstract touch(path: string): Promise<void>;
  /** The files in a directory; none when it is not there. */
  abstract list(directory: string): Promise<KeptFile[]>;
}
