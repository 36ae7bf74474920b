import type { Readable, Writable } from 'node:stream';
import type { BangerError } from '../errors/index.js';
import { CancelledError, toBangerError } from '../errors/index.js';
import {
  decodeCredit,
  decodeExit,
  decodeStream,
  encodeResize,
  encodeSignal,
  FRAME_TYPES,
  parseJson,
} from './channel-frames.js';
import type { ChannelExit, Frame, TerminalDimensions } from './channel-frames.js';
import { ChannelLink } from './channel-link.js';
import { CreditReadable, CreditWritable, STREAM_WINDOW_BYTES } from './channel-streams.js';
import { connectSocket } from './connect.js';
import type { ConnectOptions } from './connect.js';
import { ChannelProtocolError, ConnectionLostError } from './rpc-errors.js';
import { CHANNEL_METHOD, decodeError } from './wire.js';

export interface ByteChannelOptions extends ConnectOptions {
  /** from the grant; good for one connection */
  readonly token: string;
}

/** The client's side of a byte channel. */
export interface ClientByteChannel {
  /** end it to send eof */
  readonly stdin: Writable;
  /** ends at the command's eof, or when the channel closes: `exited` tells which */
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** settles when everything the command wrote has arrived; rejects with the daemon's failure or CONNECTION_LOST */
  readonly exited: Promise<ChannelExit>;
  resize(size: TerminalDimensions): void;
  /** @param name `SIGINT` or `INT` */
  signal(name: string): void;
  /** Drops the connection; the command's side is aborted unless it has ended. */
  close(): Promise<void>;
}

/** @throws ChannelTokenInvalid as RpcFailure, and whatever connecting throws */
export async function openByteChannel(options: ByteChannelOptions): Promise<ClientByteChannel> {
  const socket = await connectSocket(options);
  const hello = { jsonrpc: '2.0', method: CHANNEL_METHOD, params: { token: options.token } };
  socket.write(`${JSON.stringify(hello)}\n`);
  const channel = new ClientChannel(new ChannelLink(socket), options.socketPath);
  const abort = (): void => channel.breakOff(new CancelledError('the byte channel'));
  options.signal?.addEventListener('abort', abort, { once: true });
  void channel.closed.then(() => options.signal?.removeEventListener('abort', abort));
  await channel.opened;
  return channel;
}

class ClientChannel implements ClientByteChannel {
  readonly stdin: CreditWritable;
  readonly stdout: CreditReadable;
  readonly stderr: CreditReadable;
  readonly exited: Promise<ChannelExit>;
  readonly closed: Promise<void>;
  /** resolves with the first credit, which tells that the token was good */
  readonly opened: Promise<void>;
  readonly #link: ChannelLink;
  readonly #open = Promise.withResolvers<void>();
  readonly #exit = Promise.withResolvers<ChannelExit>();

  constructor(link: ChannelLink, socketPath: string) {
    this.#link = link;
    this.opened = this.#open.promise;
    this.exited = this.#exit.promise;
    // A caller may look at one of the two only.
    this.exited.catch(() => undefined);
    this.opened.catch(() => undefined);
    this.stdin = new CreditWritable(
      (chunk) => link.send(FRAME_TYPES.stdin, chunk),
      () => link.sendEof(FRAME_TYPES.stdin),
    );
    this.stdin.on('error', () => undefined);
    this.stdout = new CreditReadable((bytes) => link.sendCredit(FRAME_TYPES.stdout, bytes));
    this.stderr = new CreditReadable((bytes) => link.sendCredit(FRAME_TYPES.stderr, bytes));
    this.closed = link.closed.then(() => this.#settle(new ConnectionLostError(socketPath)));
    link.sendCredit(FRAME_TYPES.stdout, STREAM_WINDOW_BYTES);
    link.sendCredit(FRAME_TYPES.stderr, STREAM_WINDOW_BYTES);
    link.start(
      Buffer.alloc(0),
      (frame) => this.#receive(frame),
      (error) => this.breakOff(toBangerError(error, 'the byte channel')),
    );
  }

  resize(size: TerminalDimensions): void {
    this.#link.send(FRAME_TYPES.resize, encodeResize(size));
  }

  signal(name: string): void {
    this.#link.send(FRAME_TYPES.signal, encodeSignal(name));
  }

  async close(): Promise<void> {
    this.#link.destroy();
    await this.closed;
  }

  breakOff(error: BangerError): void {
    this.#settle(error);
    this.#link.destroy();
  }

  #receive(frame: Frame): void {
    switch (frame.type) {
      case FRAME_TYPES.stdout:
        return this.stdout.receive(frame.payload);
      case FRAME_TYPES.stderr:
        return this.stderr.receive(frame.payload);
      case FRAME_TYPES.eof:
        return (decodeStream(frame.payload) === FRAME_TYPES.stdout ? this.stdout : this.stderr).finish();
      case FRAME_TYPES.credit:
        this.#open.resolve();
        return this.stdin.addCredit(decodeCredit(frame.payload).bytes);
      case FRAME_TYPES.exit:
        this.#exit.resolve(decodeExit(frame.payload));
        return this.#link.destroy();
      case FRAME_TYPES.error:
        return this.breakOff(decodeError(parseJson(frame.payload)));
      default:
        throw new ChannelProtocolError(`a frame of type ${frame.type} from the daemon`);
    }
  }

  /** Output that has arrived can still be read; there is no more, and no one to take input. */
  #settle(error: BangerError): void {
    this.#open.reject(error);
    this.#exit.reject(error);
    this.stdin.destroy();
    this.stdout.finish();
    this.stderr.finish();
  }
}
