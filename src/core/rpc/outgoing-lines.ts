import type { Socket } from 'node:net';

export interface OutgoingLimits {
  readonly maxUnreadBytes: number;
  readonly hardMaxUnreadBytes: number;
}

/**
 * Lines on their way to a client. Those of one turn of the event loop leave in one write: a system call per response
 * would cost more than all the rest of a small request.
 */
export class OutgoingLines {
  readonly #socket: Socket;
  readonly #limits: OutgoingLimits;
  readonly #onOverflow: () => void;
  /** called when a congested client has read enough again */
  readonly #onDrained: () => void;
  #lines: string[] = [];
  /** UTF-16 units, which is what the socket counts for strings too; close enough to bytes for a bound */
  #gathered = 0;
  #held = 0;
  #wasCongested = false;

  constructor(socket: Socket, limits: OutgoingLimits, onOverflow: () => void, onDrained: () => void) {
    this.#socket = socket;
    this.#limits = limits;
    this.#onOverflow = onOverflow;
    this.#onDrained = onDrained;
    socket.on('drain', () => this.#checkDrained());
  }

  /** The client has so much to read that it gets nothing more to do. */
  get congested(): boolean {
    const congested = this.#unread > this.#limits.maxUnreadBytes;
    this.#wasCongested ||= congested;
    return congested;
  }

  get empty(): boolean {
    return this.#unread === 0;
  }

  write(line: string): void {
    if (this.#socket.destroyed) return;
    this.#lines.push(line);
    this.#gathered += line.length + 1;
    if (this.#lines.length === 1) setImmediate(() => this.#flush());
    this.#checkOverflow();
  }

  /** Counts answers of a batch that waits for its last one against the hard bound. */
  hold(length: number): void {
    this.#held += length;
    this.#checkOverflow();
  }

  release(length: number): void {
    this.#held -= length;
  }

  flush(): void {
    this.#flush();
  }

  get #unread(): number {
    return this.#gathered + this.#socket.writableLength;
  }

  #flush(): void {
    if (this.#lines.length === 0) return;
    const text = `${this.#lines.join('\n')}\n`;
    this.#lines = [];
    this.#gathered = 0;
    if (this.#socket.writable) this.#socket.write(text, 'utf8', () => this.#checkDrained());
  }

  #checkOverflow(): void {
    if (this.#unread + this.#held > this.#limits.hardMaxUnreadBytes) this.#onOverflow();
  }

  #checkDrained(): void {
    if (!this.#wasCongested || this.congested) return;
    this.#wasCongested = false;
    this.#onDrained();
  }
}
