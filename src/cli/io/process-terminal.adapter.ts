import { createReadStream, fstatSync } from 'node:fs';
import type { Readable, Writable } from 'node:stream';
import { Terminal } from './terminal.js';
import type { TerminalDimensions } from './terminal.js';

const HIDDEN_CURSOR_OFF = '\u001b[?25h';
/** `ms` that what goes to stderr gets, when the output is abandoned: its reader may be the same */
const LAST_WORDS_MS = 500;

/** Terminal of this process. */
export class ProcessTerminal extends Terminal {
  readonly stdinIsTty = process.stdin.isTTY === true;
  readonly stdoutIsTty = process.stdout.isTTY === true;
  readonly stderrIsTty = process.stderr.isTTY === true;
  readonly stdoutClosed: Promise<void>;
  stdoutError: NodeJS.ErrnoException | undefined;
  private input: Readable | undefined;
  private raw = false;
  private abandoned = false;

  /** @param exit ends the process; main.ts alone may do that */
  constructor(private readonly exit: (code: number) => never) {
    super();
    this.stdoutClosed = new Promise((resolve) =>
      process.stdout.on('error', (error) => {
        this.stdoutError ??= error;
        resolve();
      }),
    );
    process.stderr.on('error', () => undefined);
    process.on('exit', () => this.restore());
  }

  get stdin(): Readable {
    this.input ??= openStdin();
    return this.input;
  }
  get stdout(): Writable {
    return process.stdout;
  }
  get stderr(): Writable {
    return process.stderr;
  }

  dimensions(): TerminalDimensions {
    const stream = this.stdoutIsTty ? process.stdout : process.stderr;
    return { columns: stream.columns || 80, rows: stream.rows || 24 };
  }

  out(text: string): void {
    process.stdout.write(text);
  }
  err(text: string): void {
    process.stderr.write(text);
  }

  setRaw(on: boolean): void {
    if (!this.stdinIsTty || this.raw === on) return;
    process.stdin.setRawMode(on);
    this.raw = on;
    if (on) passOutputThrough();
  }

  onResize(listener: (size: TerminalDimensions) => void): () => void {
    const report = (): void => listener(this.dimensions());
    const stream = this.stdoutIsTty ? process.stdout : process.stderr;
    stream.on('resize', report);
    return () => stream.off('resize', report);
  }

  onSignal(names: readonly NodeJS.Signals[], listener: (name: NodeJS.Signals) => void): () => void {
    for (const name of names) process.on(name, listener);
    return () => {
      for (const name of names) process.off(name, listener);
    };
  }

  abandonOutput(): void {
    this.abandoned = true;
  }

  async flush(): Promise<void> {
    const left = (stream: NodeJS.WriteStream): Promise<void> =>
      new Promise((resolve) => {
        if (stream.writableLength === 0 || stream.destroyed) return resolve();
        stream.once('error', () => resolve());
        stream.write('', () => resolve());
      });
    await (this.abandoned
      ? Promise.race([left(process.stderr), pause(LAST_WORDS_MS)])
      : Promise.all([left(process.stdout), left(process.stderr)]));
    // the error of a write that was tried at once, as to a file, comes a turn later
    await new Promise((resolve) => setImmediate(resolve));
  }

  exitNow(code: number): never {
    this.restore();
    return this.exit(code);
  }

  async readLine(prompt: string): Promise<string | undefined> {
    const { createInterface } = process.getBuiltinModule('node:readline');
    const reader = createInterface({ input: process.stdin, output: process.stderr });
    return await new Promise((resolve) => {
      reader.once('close', () => resolve(undefined));
      reader.question(prompt, (answer) => {
        resolve(answer);
        reader.close();
      });
    });
  }

  private restore(): void {
    this.setRaw(false);
    if (this.stderrIsTty) process.stderr.write(HIDDEN_CURSOR_OFF);
  }
}

/** Node takes a directory for an empty input; read as what it is, it fails. */
function openStdin(): Readable {
  const isDirectory = fstatSync(0).isDirectory();
  const stdin = isDirectory ? createReadStream('', { fd: 0, autoClose: false }) : process.stdin;
  // whoever needs to know has a listener of their own
  return stdin.on('error', () => undefined);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/**
 * libuv's raw mode still turns each newline into CR LF. The guest's terminal has done that already where it is wanted;
 * where it is not, as under an editor, a second one moves the cursor. Leaving raw mode restores all that was before.
 */
function passOutputThrough(): void {
  process
    .getBuiltinModule('node:child_process')
    .spawnSync('stty', ['-opost'], { stdio: [0, 'ignore', 'ignore'] });
}
