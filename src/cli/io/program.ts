/** Programs of the host that the CLI hands over to. */
export abstract class Program {
  /** Becomes the program: same process, streams and terminal, and its exit status. Returns only by throwing. */
  abstract become(file: string, args: readonly string[]): Promise<never>;
  /** Runs it with our stdin and stderr, its stdout on our stderr; returns its exit status. @throws BangerError */
  abstract runVisibly(
    file: string,
    args: readonly string[],
    env?: Readonly<Record<string, string>>,
  ): Promise<number>;
  /** full path of an executable in PATH */
  abstract find(name: string): string | undefined;
}
