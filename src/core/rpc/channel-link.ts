import type { Socket } from 'node:net';
import { encodeCredit, encodeHeader, FRAME_TYPES, FrameDecoder } from './channel-frames.js';
import type { Frame, FrameType, StreamType } from './channel-frames.js';

const EMPTY = Buffer.alloc(0);

/**
 * Frames over a socket, the same on both sides. Needs no back-pressure of its own: what may be written is bounded
 * by the credit of each stream.
 */
export class ChannelLink {
  readonly #socket: Socket;
  readonly #decoder = new FrameDecoder();
  readonly closed: Promise<void>;
  #corked = false;

  constructor(socket: Socket) {
    this.#socket = socket;
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()));
    // A vanished peer shows as `close`, which follows every error.
    socket.on('error', () => undefined);
    // A peer that ends its side has gone: nobody would read what is still to come.
    socket.on('end', () => socket.destroy());
  }

  /** Begins to read. `onFrame` may throw; whatever is thrown goes to `onBroken` and ends the reading. */
  start(already: Buffer, onFrame: (frame: Frame) => void, onBroken: (error: unknown) => void): void {
    const receive = (chunk: Buffer): void => {
      try {
        this.#decoder.push(chunk);
        for (let frame = this.#decoder.next(); frame !== undefined; frame = this.#decoder.next())
          onFrame(frame);
      } catch (error) {
        this.#socket.off('data', receive);
        this.#socket.resume();
        onBroken(error);
      }
    };
    this.#socket.on('data', receive);
    if (already.length > 0) receive(already);
    this.#socket.resume();
  }

  send(type: FrameType, payload: Buffer = EMPTY): void {
    if (!this.#socket.writable) return;
    this.#cork();
    this.#socket.write(encodeHeader(type, payload.length));
    if (payload.length > 0) this.#socket.write(payload);
  }

  sendCredit(stream: StreamType, bytes: number): void {
    this.send(FRAME_TYPES.credit, encodeCredit(stream, bytes));
  }

  sendEof(stream: StreamType): void {
    this.send(FRAME_TYPES.eof, Buffer.of(stream));
  }

  sendJson(type: FrameType, value: unknown): void {
    this.send(type, Buffer.from(JSON.stringify(value)));
  }

  /** Sends what is left, then closes; a peer that does not read is left after `graceMs`. */
  async end(graceMs: number): Promise<void> {
    this.#socket.end();
    const timer = setTimeout(() => this.#socket.destroy(), graceMs);
    await this.closed;
    clearTimeout(timer);
  }

  destroy(): void {
    this.#socket.destroy();
  }

  /** Frames of one tick leave in one system call. */
  #cork(): void {
    if (this.#corked) return;
    this.#corked = true;
    this.#socket.cork();
    process.nextTick(() => {
      this.#corked = false;
      this.#socket.uncork();
    });
  }
}
