/** The daemon's log file. */
export abstract class DaemonLog {
  /** The last lines, oldest first; empty when there is no log yet. */
  abstract tail(path: string, lines: number): Promise<string[]>;
  /** The last lines and then each line as it is written, until the signal; survives rotation and a log yet to come. */
  abstract follow(path: string, lines: number, signal: AbortSignal): AsyncGenerator<string>;
}
