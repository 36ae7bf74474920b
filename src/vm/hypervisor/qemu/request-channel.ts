import type { ByteSocket } from './byte-socket.js';
import { LineParser } from './line-parser.js';
import { parseQmpMessage } from './qmp-protocol.js';
import type { QmpMessage } from './qmp-protocol.js';

/** How a request of the channel ended, when not by its answer. The clients turn it into errors of their own. */
export type ChannelFailure =
  | { readonly type: 'refused'; readonly reason: string }
  | { readonly type: 'timeout'; readonly afterMs: number }
  | { readonly type: 'oversized' }
  | { readonly type: 'closed' };

export type ChannelResult = { readonly value: unknown } | { readonly failure: ChannelFailure };

export interface ChannelOptions {
  readonly maxLineBytes: number;
  /** messages that answer no request of this channel */
  readonly onOther?: (message: QmpMessage) => void;
}

/** Requests remembered although nobody waits for their answers any more. */
const MAX_UNANSWERED = 1_000;
/** What the peer has not taken yet may not grow past this. */
const MAX_UNSENT_BYTES = 16 * 1024 * 1024;

/**
 * Requests and answers over one socket, matched by id. An answer that comes after its request timed out matches
 * nothing any more and is dropped, so a slow peer cannot put the two out of step.
 */
export class RequestChannel {
  readonly #waiting = new Map<number, (result: ChannelResult) => void>();
  /** oldest first, those that timed out included: the peer answers in order */
  #unanswered: number[] = [];
  #nextId: number;
  #closed = false;

  constructor(
    private readonly socket: ByteSocket,
    private readonly options: ChannelOptions,
    firstId = 1,
  ) {
    this.#nextId = firstId;
    const parser = new LineParser(
      options,
      (line) => this.#receive(line),
      () => this.#failOldest(),
    );
    socket.onData((chunk) => parser.push(chunk));
    void socket.closed.then(() => {
      this.#closed = true;
      this.#failAll({ type: 'closed' });
    });
  }

  get closed(): Promise<void> {
    return this.socket.closed;
  }

  /** Never rejects. */
  request(
    execute: string,
    args: Record<string, unknown> | undefined,
    timeoutMs: number,
  ): Promise<ChannelResult> {
    if (this.#closed || this.socket.unsentBytes > MAX_UNSENT_BYTES) {
      return Promise.resolve({
        failure: this.#closed ? { type: 'closed' } : { type: 'timeout', afterMs: 0 },
      });
    }
    const id = this.#nextId;
    this.#nextId += 1;
    const { promise, resolve } = Promise.withResolvers<ChannelResult>();
    const timer = setTimeout(
      () => this.#settle(id, { failure: { type: 'timeout', afterMs: timeoutMs } }),
      timeoutMs,
    );
    this.#waiting.set(id, (result) => {
      clearTimeout(timer);
      resolve(result);
    });
    this.#unanswered.push(id);
    if (this.#unanswered.length > MAX_UNANSWERED) this.#unanswered.shift();
    this.socket.send(`${JSON.stringify({ execute, ...(args !== undefined && { arguments: args }), id })}\n`);
    return promise;
  }

  /** Bytes outside the request scheme. */
  sendRaw(bytes: Buffer): void {
    this.socket.send(bytes);
  }

  close(): void {
    this.socket.close();
  }

  #receive(line: string): void {
    const message = parseQmpMessage(line);
    if (message === undefined) return;
    if ((message.type === 'return' || message.type === 'error') && message.id !== undefined) {
      const answered = message.id;
      this.#unanswered = this.#unanswered.filter((id) => id > answered);
      this.#settle(
        answered,
        message.type === 'return'
          ? { value: message.value }
          : { failure: { type: 'refused', reason: message.reason } },
      );
      return;
    }
    this.options.onOther?.(message);
  }

  #settle(id: number, result: ChannelResult): void {
    const settle = this.#waiting.get(id);
    this.#waiting.delete(id);
    settle?.(result);
  }

  /** The id stands at the end of an answer, past the bound: whose it was follows from the order. */
  #failOldest(): void {
    const id = this.#unanswered.shift();
    if (id !== undefined) this.#settle(id, { failure: { type: 'oversized' } });
  }

  #failAll(failure: ChannelFailure): void {
    for (const id of this.#waiting.keys()) this.#settle(id, { failure });
  }
}
