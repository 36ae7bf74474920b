import type { Terminal, TerminalDimensions } from '../../io/terminal.js';

const ENTER = '\u001b[?1049h\u001b[?25l';
const LEAVE = '\u001b[?25h\u001b[?1049l';
const HOME = '\u001b[H';
const CLEAR_TO_END_OF_LINE = '\u001b[K';
const CTRL_C = '\u0003';
const INTERRUPTED = 130;
const TERMINATED: Readonly<Partial<Record<NodeJS.Signals, number>>> = {
  SIGINT: 130,
  SIGTERM: 143,
  SIGHUP: 129,
};

/**
 * The terminal's second screen: what stood on the first is there again afterwards, however it ends, and so are the
 * cursor and the keyboard's mode.
 */
export class FullScreen {
  exitCode = 0;
  isOpen = false;
  readonly closed: Promise<void>;
  readonly #resolveClosed: () => void;
  #restore: () => void = () => undefined;

  constructor(private readonly terminal: Terminal) {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.closed = promise;
    this.#resolveClosed = resolve;
  }

  open({ onKey, onResize }: { onKey: (key: string) => void; onResize: () => void }): void {
    const { terminal } = this;
    this.isOpen = true;
    terminal.out(ENTER);
    const stopResize = terminal.onResize(onResize);
    const stopSignals = terminal.onSignal(['SIGINT', 'SIGTERM', 'SIGHUP'], (name) =>
      this.#leave(TERMINATED[name] ?? INTERRUPTED),
    );
    void terminal.stdoutClosed.then(() => this.close());
    const onData = (data: Buffer): void => {
      for (const key of data.toString('latin1')) {
        // In raw mode the keyboard sends it as a byte.
        if (key === CTRL_C) this.#leave(INTERRUPTED);
        else onKey(key);
      }
    };
    if (terminal.stdinIsTty) {
      terminal.setRaw(true);
      terminal.stdin.on('data', onData);
    }
    this.#restore = () => {
      terminal.stdin.off('data', onData);
      stopResize();
      stopSignals();
      terminal.setRaw(false);
      terminal.out(LEAVE);
    };
  }

  draw(render: (size: TerminalDimensions) => string[]): void {
    if (!this.isOpen) return;
    // Line for line over the old ones: clearing all of it first would flicker.
    const lines = render(this.terminal.dimensions()).map((line) => line + CLEAR_TO_END_OF_LINE);
    this.terminal.out(HOME + lines.join('\r\n'));
  }

  /** Resolves after the time, or at once when the screen is closed. */
  async pause(ms: number): Promise<void> {
    const over = Promise.withResolvers<void>();
    const timer = setTimeout(over.resolve, ms);
    await Promise.race([over.promise, this.closed]);
    clearTimeout(timer);
  }

  close(): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.#restore();
    this.#resolveClosed();
  }

  #leave(exitCode: number): void {
    this.exitCode = exitCode;
    this.close();
  }
}
