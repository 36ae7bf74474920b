import type { Readable, Writable } from 'node:stream';
import { CancelledError } from '../errors/index.js';
import type { BangerError } from '../errors/index.js';
import { decodeCredit, decodeResize, decodeSignal, decodeStream, FRAME_TYPES } from './channel-frames.js';
import type { ChannelExit, Frame, TerminalDimensions } from './channel-frames.js';
import type { ChannelLink } from './channel-link.js';
import { CreditReadable, CreditWritable, STREAM_WINDOW_BYTES } from './channel-streams.js';
import { ChannelProtocolError } from './rpc-errors.js';
import { encodeError } from './wire.js';

/** `ms` that a peer gets to read the last frames */
const END_GRACE_MS = 5_000;

/** The daemon's side of a byte channel: the three streams of a command that runs somewhere for a client. */
export interface ServerByteChannel {
  /** what the client types; ends at its eof, is destroyed (never ended) when the client vanishes */
  readonly stdin: Readable;
  /** writes wait until the client has read; nothing is kept beyond a window of 256 KiB */
  readonly stdout: Writable;
  readonly stderr: Writable;
  /** aborted when the client is gone before `exit` or `fail`, and when the daemon ends */
  readonly aborted: AbortSignal;
  /** resolves when the connection is closed, for whatever reason; never rejects */
  readonly closed: Promise<void>;
  onResize(listener: (size: TerminalDimensions) => void): void;
  /** @param listener gets the name without SIG: `INT` */
  onSignal(listener: (name: string) => void): void;
  /** Ends both outputs, waits until the client has taken them, reports the status and closes. */
  exit(status: ChannelExit): Promise<void>;
  /** Reports a failure of banger's own and closes; output that the client has not taken is lost. */
  fail(error: BangerError, ref?: string): Promise<void>;
}

export class ByteChannel implements ServerByteChannel {
  readonly stdin: CreditReadable;
  readonly stdout: CreditWritable;
  readonly stderr: CreditWritable;
  readonly closed: Promise<void>;
  readonly #link: ChannelLink;
  readonly #abort = new AbortController();
  readonly #resizeListeners: ((size: TerminalDimensions) => void)[] = [];
  readonly #signalListeners: ((name: string) => void)[] = [];
  #finished = false;

  constructor(link: ChannelLink) {
    this.#link = link;
    this.stdin = new CreditReadable((bytes) => link.sendCredit(FRAME_TYPES.stdin, bytes));
    this.stdout = outgoing(link, FRAME_TYPES.stdout);
    this.stderr = outgoing(link, FRAME_TYPES.stderr);
    // Without a listener a stream's error would end the daemon; whoever uses the stream sees it as well.
    for (const stream of [this.stdin, this.stdout, this.stderr]) stream.on('error', () => undefined);
    this.closed = link.closed.then(() => this.#shutDown());
  }

  get aborted(): AbortSignal {
    return this.#abort.signal;
  }

  get finished(): boolean {
    return this.#finished;
  }

  /** The first frame tells the client that its token was good. */
  start(already: Buffer): void {
    this.#link.sendCredit(FRAME_TYPES.stdin, STREAM_WINDOW_BYTES);
    this.#link.start(
      already,
      (frame) => this.#receive(frame),
      (error) => void this.fail(error as ChannelProtocolError),
    );
  }

  onResize(listener: (size: TerminalDimensions) => void): void {
    this.#resizeListeners.push(listener);
  }

  onSignal(listener: (name: string) => void): void {
    this.#signalListeners.push(listener);
  }

  async exit(status: ChannelExit): Promise<void> {
    await Promise.all([ended(this.stdout), ended(this.stderr)]);
    if (this.#finished) return;
    this.#finished = true;
    this.#link.sendJson(FRAME_TYPES.exit, status);
    await this.#link.end(END_GRACE_MS);
  }

  async fail(error: BangerError, ref?: string): Promise<void> {
    if (this.#finished) return;
    this.#finished = true;
    this.#link.sendJson(FRAME_TYPES.error, encodeError(error, ref));
    this.#abort.abort(error);
    await this.#link.end(END_GRACE_MS);
  }

  /** For the end of the daemon. */
  abort(reason: BangerError): void {
    this.#abort.abort(reason);
    this.#link.destroy();
  }

  #receive(frame: Frame): void {
    switch (frame.type) {
      case FRAME_TYPES.stdin:
        return this.stdin.receive(frame.payload);
      case FRAME_TYPES.eof:
        if (decodeStream(frame.payload) !== FRAME_TYPES.stdin)
          throw new ChannelProtocolError('an eof of output');
        return this.stdin.finish();
      case FRAME_TYPES.credit:
        return this.#addCredit(frame.payload);
      case FRAME_TYPES.resize:
        return notify(this.#resizeListeners, decodeResize(frame.payload));
      case FRAME_TYPES.signal:
        return notify(this.#signalListeners, decodeSignal(frame.payload));
      default:
        throw new ChannelProtocolError(`a frame of type ${frame.type} from a client`);
    }
  }

  #addCredit(payload: Buffer): void {
    const { stream, bytes } = decodeCredit(payload);
    if (stream === FRAME_TYPES.stdin) throw new ChannelProtocolError('credit for a stream of its own');
    (stream === FRAME_TYPES.stdout ? this.stdout : this.stderr).addCredit(bytes);
  }

  #shutDown(): void {
    if (!this.#finished) this.#abort.abort(new CancelledError('the byte channel'));
    this.#finished = true;
    for (const stream of [this.stdin, this.stdout, this.stderr]) stream.destroy();
  }
}

function outgoing(link: ChannelLink, type: 0 | 1 | 2): CreditWritable {
  return new CreditWritable(
    (chunk) => link.send(type, chunk),
    () => link.sendEof(type),
  );
}

function notify<T>(listeners: ((value: T) => void)[], value: T): void {
  for (const listener of listeners) listener(value);
}

/** Resolves when the stream has sent all it was given, or can no longer. */
function ended(stream: CreditWritable): Promise<void> {
  if (stream.writableFinished || stream.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    stream.once('finish', () => resolve());
    stream.once('close', () => resolve());
    if (!stream.writableEnded) stream.end();
  });
}
