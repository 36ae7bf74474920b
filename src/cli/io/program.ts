/** Programs of the host that the CLI hands over to. */
export abstract class Program {
  /** Becomes the program: same process, streams and terminal, and its exit status. Returns only by throwing. */
  abstract become(file: string, args: readonly string[]): Promise<never>;
  /** Runs it with our stdin, so that it may ask for a password; keeps the end of its output. @throws BangerError */
  abstract runKeepingTail(file: string, args: readonly string[]): Promise<{ exitCode: number; tail: string }>;
  /** full path of an executable in PATH */
  abstract find(name: string): string | undefined;
}
