import type { Readable, Writable } from 'node:stream';

export interface TerminalDimensions {
  columns: number;
  rows: number;
}

/** The three standard streams. stdout carries results only; everything else is talk and goes to stderr. */
export abstract class Terminal {
  abstract readonly stdin: Readable;
  abstract readonly stdout: Writable;
  abstract readonly stderr: Writable;
  abstract readonly stdinIsTty: boolean;
  abstract readonly stdoutIsTty: boolean;
  abstract readonly stderrIsTty: boolean;
  /** size of the terminal; 80 × 24 when there is none */
  abstract dimensions(): TerminalDimensions;
  abstract out(text: string): void;
  abstract err(text: string): void;
  /** settles when stdout takes no more: its reader has gone, or something is wrong */
  abstract readonly stdoutClosed: Promise<void>;
  /** why stdout takes no more; undefined as long as it does */
  abstract readonly stdoutError: NodeJS.ErrnoException | undefined;
  /** raw mode of stdin; switched off at exit in any case */
  abstract setRaw(on: boolean): void;
  /** returns the function that ends the subscription */
  abstract onResize(listener: (size: TerminalDimensions) => void): () => void;
  /** returns the function that gives the signals their usual meaning back */
  abstract onSignal(names: readonly NodeJS.Signals[], listener: (name: NodeJS.Signals) => void): () => void;
  /** What is left of the output is not waited for: its reader does not read. */
  abstract abandonOutput(): void;
  /**
   * Settles when everything written has left, or has no reader any more: process.exit would cut it off. What went wrong
   * with it is known then.
   */
  abstract flush(): Promise<void>;
  /** ends the process at once, terminal restored */
  abstract exitNow(code: number): never;
  /** one line from the keyboard, without its newline; undefined at the end of the input */
  abstract readLine(prompt: string): Promise<string | undefined>;
}
