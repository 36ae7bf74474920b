import { Readable, Writable } from 'node:stream';
import { MAX_PAYLOAD_BYTES } from './channel-frames.js';
import { ChannelProtocolError } from './rpc-errors.js';

/** `bytes` of one stream that may be under way or wait for their reader */
export const STREAM_WINDOW_BYTES = 262_144;
/** credit goes back in portions of half a window: few frames, and the sender never runs dry while the reader reads */
const CREDIT_PORTION_BYTES = STREAM_WINDOW_BYTES / 2;
/** chunks kept apart while nobody reads; beyond it they are joined, since a Buffer costs far more than one byte */
const MAX_QUEUED_CHUNKS = 64;
const MAX_CREDIT = 2 ** 40;

/** Receiving end of a stream: gives the sender credit as its reader takes the data. */
export class CreditReadable extends Readable {
  readonly #grant: (bytes: number) => void;
  #queue: Buffer[] = [];
  #allowed = STREAM_WINDOW_BYTES;
  #consumed = 0;
  #wanted = false;
  #ended = false;

  constructor(grant: (bytes: number) => void) {
    super({ highWaterMark: 16_384 });
    this.#grant = grant;
  }

  /** @throws ChannelProtocolError when the sender sends more than it was allowed, or after its eof */
  receive(chunk: Buffer): void {
    if (this.#ended) throw new ChannelProtocolError('data after the end of its stream');
    if (chunk.length > this.#allowed) throw new ChannelProtocolError('more data than the window allows');
    this.#allowed -= chunk.length;
    if (this.destroyed || chunk.length === 0) return;
    this.#queue.push(chunk);
    if (this.#queue.length > MAX_QUEUED_CHUNKS) this.#queue = [Buffer.concat(this.#queue)];
    this.#deliver();
  }

  finish(): void {
    this.#ended = true;
    this.#deliver();
  }

  override _read(): void {
    this.#wanted = true;
    this.#deliver();
  }

  #deliver(): void {
    while (this.#wanted && !this.destroyed) {
      const chunk = this.#queue.shift();
      if (chunk === undefined) break;
      this.#consumed += chunk.length;
      this.#wanted = this.push(chunk);
    }
    if (this.#ended) {
      if (this.#queue.length === 0 && !this.readableEnded && !this.destroyed) this.push(null);
    } else if (this.#consumed >= CREDIT_PORTION_BYTES) {
      const bytes = this.#consumed;
      this.#consumed = 0;
      this.#allowed += bytes;
      this.#grant(bytes);
    }
  }
}

/** Sending end of a stream: sends as much as it has credit for and holds its writer back after that. */
export class CreditWritable extends Writable {
  readonly #send: (chunk: Buffer) => void;
  readonly #sendEof: () => void;
  #credit = 0;
  #pending: Buffer | undefined;
  #written: ((error?: Error | null) => void) | undefined;

  constructor(send: (chunk: Buffer) => void, sendEof: () => void) {
    super({ highWaterMark: MAX_PAYLOAD_BYTES });
    this.#send = send;
    this.#sendEof = sendEof;
  }

  addCredit(bytes: number): void {
    this.#credit += bytes;
    if (this.#credit > MAX_CREDIT) throw new ChannelProtocolError('credit without bounds');
    this.#deliver();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, written: (error?: Error | null) => void): void {
    this.#pending = chunk;
    this.#written = written;
    this.#deliver();
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#sendEof();
    done();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    const written = this.#written;
    this.#written = undefined;
    this.#pending = undefined;
    written?.(error ?? new ChannelProtocolError('the channel is closed'));
    done(error);
  }

  #deliver(): void {
    while (this.#pending !== undefined && (this.#credit > 0 || this.#pending.length === 0)) {
      const count = Math.min(this.#credit, this.#pending.length, MAX_PAYLOAD_BYTES);
      if (count > 0) this.#send(this.#pending.subarray(0, count));
      this.#credit -= count;
      if (count < this.#pending.length) {
        this.#pending = this.#pending.subarray(count);
        continue;
      }
      const written = this.#written;
      this.#pending = undefined;
      this.#written = undefined;
      written?.();
    }
  }
}
