/** A piece of a console as it was written. */
export interface ConsolePiece {
  readonly text: string;
  /** the file was begun anew: a new start of the VM */
  readonly restarted?: true;
}

/** The file that a serial console is kept in. It may be missing, be cut in half, or be replaced at any time. */
export abstract class ConsoleReader {
  /**
   * The last `lines`, all when undefined, in pieces of at most 64 KiB; with `follow`, then what comes, until that
   * signal, or until `isOver` says so of a file that is missing.
   */
  abstract read(
    path: string,
    options: { lines: number | undefined; follow?: AbortSignal; isOver?: () => Promise<boolean> },
  ): AsyncGenerator<ConsolePiece>;
}
