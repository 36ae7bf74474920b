import { PassThrough, Writable } from 'node:stream';
import type { Readable } from 'node:stream';
import type { ClientChannel } from 'ssh2';
import { SshConnectError } from './ssh-errors.js';

/** One output of a command. It can be ended from here, since a background child may keep the remote end open for ever. */
export class OutputPump {
  readonly output = new PassThrough();
  /** `ms` on the clock of performance.now() at which the last data came */
  lastDataAt = 0;
  ended = false;
  readonly #source: Readable;
  readonly #onData: (chunk: Buffer) => void;

  constructor(source: Readable, onEnd: () => void) {
    this.#source = source;
    this.#onData = (chunk) => this.#forward(chunk);
    source.on('data', this.#onData);
    source.once('end', () => {
      this.finish();
      onEnd();
    });
    source.on('error', () => undefined);
    // A reader that went away must not stop the command: what comes is dropped.
    this.output.once('close', () => source.resume());
    this.output.on('error', () => undefined);
  }

  /** Data has arrived that the reader has not made room for: no silence of the command's. */
  get stalled(): boolean {
    return !this.ended && (this.#source.isPaused() || this.#source.readableLength > 0);
  }

  finish(): void {
    if (this.ended) return;
    this.ended = true;
    this.#source.off('data', this.#onData);
    this.#source.resume();
    this.output.end();
  }

  #forward(chunk: Buffer): void {
    this.lastDataAt = performance.now();
    if (this.output.destroyed || this.output.write(chunk)) return;
    this.#source.pause();
    this.output.once('drain', () => this.#source.resume());
  }
}

/**
 * stdin of a command. By hand, because ssh2 neither calls back nor fails a write to a channel that has closed:
 * a pipeline into it would hang for ever.
 */
export class StdinWriter extends Writable {
  readonly #channel: ClientChannel;
  readonly #label: string;
  #waiting: ((error?: Error | null) => void) | undefined;

  constructor(channel: ClientChannel, label: string) {
    super({ highWaterMark: 65_536 });
    this.#channel = channel;
    this.#label = label;
    this.on('error', () => undefined);
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#waiting = done;
    this.#channel.write(chunk, () => this.#written());
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#channel.end();
    done();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.(error ?? new SshConnectError('lost', this.#label));
    done(error);
  }

  #written(): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.();
  }
}
