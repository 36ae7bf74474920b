export interface DirectoryState {
  readonly exists: boolean;
  /** whether this process can write to it or, if it does not exist, to the nearest ancestor that does */
  readonly writable: boolean;
  /** that ancestor, or the directory itself */
  readonly place: string;
}

/** What doctor looks at; nothing here changes anything. */
export abstract class HostProbe {
  /** Where a program is, by the PATH that banger's own children get; undefined when it is not installed. */
  abstract findProgram(name: string): Promise<string | undefined>;
  /** Text of a small file; undefined when it does not exist or may not be read. */
  abstract readText(path: string): Promise<string | undefined>;
  /** Names in a directory; none when it does not exist. */
  abstract list(path: string): Promise<string[]>;
  abstract inspectDirectory(path: string): Promise<DirectoryState>;
  /** The highest directory on the way to a path that does not let other users through, if any. */
  abstract findUntraversable(path: string): Promise<string | undefined>;
  /** Whether a device can be opened for reading and writing. */
  abstract deviceAccess(path: string): Promise<'ok' | 'missing' | 'denied'>;
  /** Name of the user this process runs as, or its number. */
  abstract userName(): string;
}
