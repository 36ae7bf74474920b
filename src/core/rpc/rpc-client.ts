import type { Socket } from 'node:net';
import type {
  CallMethodName,
  ChunkOf,
  MethodName,
  ParamsOf,
  ResultOf,
  StreamMethodName,
} from '../../contract/method-table.js';
import type { OperationEvent } from '../../contract/operation.dto.js';
import { CancelledError } from '../errors/index.js';
import type { BangerError } from '../errors/index.js';
import { connectSocket } from './connect.js';
import type { ConnectOptions } from './connect.js';
import { LineFramer } from './line-framer.js';
import { ConnectionLostError, LimitExceededError } from './rpc-errors.js';
import { asRecord, CANCEL_METHOD, decodeError, NEXT_METHOD } from './wire.js';

export interface RpcClientOptions extends ConnectOptions {
  /** correlation id that every request carries; made up by the daemon for each request when left out */
  readonly ref?: string | undefined;
}

export interface CallOptions {
  /** gives the request up: the daemon is told, and the promise rejects with CANCELLED at once */
  readonly signal?: AbortSignal | undefined;
}

export interface ProgressOptions extends CallOptions {
  /** what the operations that the call begins are doing, as it happens; the last event of each is its outcome */
  readonly onProgress?: ((event: OperationEvent) => void) | undefined;
}

export interface StreamOptions<T> extends CallOptions {
  /** each value, in order; what it throws cancels the request and rejects the promise */
  readonly onValue: (value: T) => void;
}

interface Pending {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
  readonly onValue: ((value: unknown) => void) | undefined;
}

/** `bytes` of a request; the daemon closes the connection on a longer line */
const MAX_REQUEST_BYTES = 4_194_304;
/** `bytes` of a response; the daemon is trusted, so this only stops a wrong socket from filling the memory */
const MAX_RESPONSE_BYTES = 268_435_456;
/** `bytes` of a write that its reader gets whole or not at all */
const ATOMIC_BYTES = 16_384;
/** What a Unix socket says when the other end has closed it with something in it that was never read, or closed it before. */
const NEVER_READ: readonly unknown[] = ['ECONNRESET', 'EPIPE'];

/**
 * Client of the daemon's socket, without any framework, so that the CLI's start-up can afford it.
 * Any number of requests may be under way. Failures are BangerErrors: RpcFailure as the daemon reported it,
 * ConnectionLostError when the socket ended before the answer, CancelledError after an abort.
 */
export class RpcClient {
  readonly closed: Promise<void>;
  readonly #socket: Socket;
  readonly #socketPath: string;
  readonly #ref: string | undefined;
  readonly #framer = new LineFramer(MAX_RESPONSE_BYTES);
  readonly #pending = new Map<number, Pending>();
  #nextId = 1;
  #unsent: string[] = [];
  #writes = 0;
  #writtenBytes = 0;
  #hasReceived = false;
  #isUnheard = false;
  #failure: BangerError | undefined;

  private constructor(socket: Socket, options: RpcClientOptions) {
    this.#socket = socket;
    this.#socketPath = options.socketPath;
    this.#ref = options.ref;
    this.closed = new Promise((resolve) => {
      socket.once('close', () => {
        this.#fail(new ConnectionLostError(options.socketPath));
        resolve();
      });
    });
    socket.on('error', ({ code }: NodeJS.ErrnoException) => {
      const isWhole = this.#writes <= 1 && this.#writtenBytes <= ATOMIC_BYTES;
      this.#isUnheard = NEVER_READ.includes(code) && isWhole && !this.#hasReceived;
    });
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
  }

  /** Whether the connection was lost to a daemon on its end that has read nothing of what was asked: it can be asked again. */
  get isUnheard(): boolean {
    return this.#isUnheard;
  }

  /** @throws DaemonUnreachableError, SocketForbiddenError, SocketPathTooLongError, TimeoutError */
  static async connect(options: RpcClientOptions): Promise<RpcClient> {
    return new RpcClient(await connectSocket(options), options);
  }

  call<M extends CallMethodName>(
    method: M,
    params: ParamsOf<M>,
    { signal, onProgress }: ProgressOptions = {},
  ): Promise<ResultOf<M>> {
    const onValue = onProgress as ((value: unknown) => void) | undefined;
    const progress = onProgress !== undefined;
    return this.request(method, params, { signal, onValue, progress }) as Promise<ResultOf<M>>;
  }

  stream<M extends StreamMethodName>(
    method: M,
    params: ParamsOf<M>,
    options: StreamOptions<ChunkOf<M>>,
  ): Promise<ResultOf<M>> {
    const onValue = options.onValue as (value: unknown) => void;
    return this.request(method, params, { ...options, onValue }) as Promise<ResultOf<M>>;
  }

  /** A request by a name that is not known at compile time; everything about it is as untyped as that. */
  request(
    method: MethodName | (string & {}),
    params: object,
    options: CallOptions & { onValue?: ((value: unknown) => void) | undefined; progress?: boolean } = {},
  ): Promise<unknown> {
    const { signal, onValue, progress } = options;
    if (signal?.aborted === true) return Promise.reject(new CancelledError(method));
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    const id = this.#nextId++;
    const line = JSON.stringify({
      jsonrpc: '2.0',
      id,
      method,
      params,
      ref: this.#ref,
      ...(progress && { progress }),
    });
    if (line.length > MAX_REQUEST_BYTES / 3 && Buffer.byteLength(line) > MAX_REQUEST_BYTES) {
      return Promise.reject(
        new LimitExceededError(
          'bytes of a request',
          MAX_REQUEST_BYTES,
          'what is so long goes to a command by its stdin',
        ),
      );
    }
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.#pending.set(id, { resolve, reject, onValue });
    this.#send(line);
    return signal === undefined ? promise : this.#cancellable(promise, id, method, signal);
  }

  /** Ends the connection; requests under way reject with CONNECTION_LOST. */
  close(): Promise<void> {
    this.#fail(new ConnectionLostError(this.#socketPath, 'the client closed the connection'));
    this.#socket.destroy();
    return this.closed;
  }

  async #cancellable(
    promise: Promise<unknown>,
    id: number,
    method: string,
    signal: AbortSignal,
  ): Promise<unknown> {
    const abort = (): void => this.#giveUp(id, new CancelledError(method));
    signal.addEventListener('abort', abort, { once: true });
    try {
      return await promise;
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  #giveUp(id: number, error: unknown): void {
    const pending = this.#pending.get(id);
    if (pending === undefined) return;
    this.#pending.delete(id);
    this.#send(JSON.stringify({ jsonrpc: '2.0', method: CANCEL_METHOD, params: { id } }));
    pending.reject(error);
  }

  /** Requests of one turn leave in one write. */
  #send(line: string): void {
    this.#unsent.push(line);
    if (this.#unsent.length > 1) return;
    queueMicrotask(() => {
      const text = `${this.#unsent.join('\n')}\n`;
      this.#unsent = [];
      if (!this.#socket.writable) return;
      this.#writes += 1;
      this.#writtenBytes += Buffer.byteLength(text);
      this.#socket.write(text);
    });
  }

  #receive(chunk: Buffer): void {
    this.#hasReceived = true;
    this.#framer.push(chunk);
    for (let line = this.#framer.next(); line !== undefined; line = this.#framer.next())
      this.#receiveLine(line);
    if (this.#framer.overflowed) this.#breakOff('it sent a line without end');
  }

  #receiveLine(line: Buffer): void {
    let message: unknown;
    try {
      message = JSON.parse(line.toString('utf8'));
    } catch {
      return this.#breakOff('it sent something that is not JSON');
    }
    const { id, method, params, result, error } = asRecord(message);
    if (method === NEXT_METHOD) return this.#receiveValue(asRecord(params));
    // An error without an id concerns the connection: the daemon could not even tell which request it was.
    if (typeof id !== 'number')
      return this.#breakOff('it did not understand this client', decodeError(error));
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    if (error === undefined) pending?.resolve(result);
    else pending?.reject(decodeError(error));
  }

  #receiveValue({ id, value }: Readonly<Record<string, unknown>>): void {
    if (typeof id !== 'number') return;
    try {
      this.#pending.get(id)?.onValue?.(value);
    } catch (error) {
      this.#giveUp(id, error);
    }
  }

  #breakOff(why: string, failure: BangerError = new ConnectionLostError(this.#socketPath, why)): void {
    this.#fail(failure);
    this.#socket.destroy();
  }

  #fail(failure: BangerError): void {
    this.#failure ??= failure;
    for (const { reject } of this.#pending.values()) reject(this.#failure);
    this.#pending.clear();
  }
}
