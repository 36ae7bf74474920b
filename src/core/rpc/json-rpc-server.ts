import { randomBytes } from 'node:crypto';
import { createServer } from 'node:net';
import type { Server as NetServer, Socket } from 'node:net';
import { isMainThread } from 'node:worker_threads';
import { Server } from '@nestjs/microservices';
import type { CustomTransportStrategy, MessageHandler } from '@nestjs/microservices';
import { METHODS } from '../../contract/index.js';
import { InternalError } from '../errors/index.js';
import type { Logger } from '../logging/index.js';
import { ByteChannels } from './byte-channels.js';
import { assertHandlersComplete, buildMethodRegistry } from './method-registry.js';
import type { RpcMethod } from './method-registry.js';
import { encodeFailure } from './response-encoder.js';
import { RpcConnection } from './rpc-connection.js';
import { LimitExceededError } from './rpc-errors.js';
import { DEFAULT_RPC_LIMITS } from './rpc-limits.js';
import type { RpcLimits } from './rpc-limits.js';
import type { MethodTable } from './rpc.decorator.js';
import { clearSocketPath, protectSocket, socketInode } from './socket-file.js';

export interface JsonRpcServerOptions {
  readonly socketPath: string;
  /** group that may connect besides the user, where it exists: `banger` in root mode */
  readonly socketGroup?: string;
  /** those that handlers grant from; connections that ask for a channel are refused without */
  readonly channels?: ByteChannels;
  readonly logger?: Logger;
  readonly limits?: Partial<RpcLimits>;
  /** the contract's when left out; tests bring their own */
  readonly methods?: MethodTable;
}

/**
 * JSON-RPC 2.0 over a Unix socket, one object per line, as a transport of Nest: handlers come from controllers with
 * `@Rpc`. Validation and errors are this class's own business rather than pipes' and filters', for speed (a pipe and
 * a filter cost every request several promises) and because no application can then forget them.
 */
export class JsonRpcServer extends Server implements CustomTransportStrategy {
  readonly #options: JsonRpcServerOptions;
  readonly #limits: RpcLimits;
  readonly #table: MethodTable;
  readonly #channels: ByteChannels;
  #netServer: NetServer;
  /** inode of the socket's file, as it was made */
  #inode: number | undefined;
  readonly #connections = new Set<RpcConnection>();
  readonly #sockets = new Set<Socket>();
  readonly #refPrefix = randomBytes(4).toString('hex');
  #methods: ReadonlyMap<string, RpcMethod> = new Map();
  #connectionCount = 0;
  #refCount = 0;
  #closing: Promise<void> | undefined;

  constructor(options: JsonRpcServerOptions) {
    super();
    this.#options = options;
    this.#limits = { ...DEFAULT_RPC_LIMITS, ...options.limits };
    this.#table = options.methods ?? METHODS;
    this.#channels = options.channels ?? new ByteChannels();
    this.#channels.logger = options.logger;
    this.#netServer = this.#createServer();
  }

  /** Nest would let the later of two handlers win in silence. */
  override addHandler(
    pattern: string,
    callback: MessageHandler,
    isEventHandler = false,
    extras: Record<string, unknown> = {},
  ): void {
    if (this.messageHandlers.has(this.normalizePattern(pattern))) {
      throw new InternalError(`the method ${pattern} has two handlers`);
    }
    super.addHandler(pattern, callback, isEventHandler, extras);
  }

  /** @throws InternalError unless every method has a handler and every handler a method */
  assertHandlersComplete(): void {
    assertHandlersComplete(this.#table, this.messageHandlers.keys());
  }

  /** Called by Nest; the callback gets the error when the server cannot listen. */
  listen(callback: (error?: unknown) => unknown): void {
    this.#listen().then(
      () => callback(),
      (error: unknown) => callback(error),
    );
  }

  /** Whether it has begun to listen, and has not been closed. */
  get isListening(): boolean {
    return this.#inode !== undefined && this.#closing === undefined;
  }

  /** Whether clients find the socket: its file is where it was made, and is the same. */
  isReachable(): boolean {
    return socketInode(this.#options.socketPath) === this.#inode;
  }

  /** Listens anew where the socket's file was taken away; connections that are open go on. */
  async listenAgain(): Promise<void> {
    if (this.isReachable()) return;
    const lost = this.#netServer;
    this.#netServer = this.#createServer();
    // It would wait for its connections. Not after the bind: closing takes the file of that name away.
    lost.close();
    await this.#occupy();
  }

  /** Stops accepting, aborts what is at work, gives it a moment to answer, and closes every socket. Repeatable. */
  close(): Promise<void> {
    return (this.#closing ??= this.#shutDown());
  }

  on(event: string, callback: Function): void {
    this.#netServer.on(event, callback as () => void);
  }

  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the base class's signature
  unwrap<T = NetServer>(): T {
    return this.#netServer as T;
  }

  async #listen(): Promise<void> {
    this.assertHandlersComplete();
    this.#methods = buildMethodRegistry(this.#table, this.messageHandlers, this.#limits.maxJsonDepth);
    await this.#occupy();
  }

  async #occupy(): Promise<void> {
    const { socketPath, socketGroup } = this.#options;
    await clearSocketPath(socketPath);
    await this.#bind(socketPath);
    protectSocket(socketPath, socketGroup);
    this.#inode = socketInode(socketPath);
  }

  #createServer(): NetServer {
    return createServer((socket) => this.#accept(socket));
  }

  /** The socket is born private: a moment of a wider mode would be enough to connect. */
  #bind(socketPath: string): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    // Worker threads, where some test runners live, may not change the process's mask.
    const before = isMainThread ? process.umask(0o177) : undefined;
    this.#netServer.once('error', reject);
    this.#netServer.listen({ path: socketPath, backlog: this.#limits.maxConnections }, () => {
      this.#netServer.off('error', reject);
      this.#netServer.on('error', (error) =>
        this.#options.logger?.error({ err: error }, 'the socket failed'),
      );
      resolve();
    });
    if (before !== undefined) process.umask(before);
    return promise;
  }

  #accept(socket: Socket): void {
    if (this.#sockets.size >= this.#limits.maxConnections) return refuse(socket, this.#limits.maxConnections);
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    const connection = new RpcConnection(++this.#connectionCount, socket, {
      limits: this.#limits,
      methods: this.#methods,
      logger: this.#options.logger,
      nextRef: () => `${this.#refPrefix}-${(++this.#refCount).toString(36)}`,
      acceptChannel: (from, token, already) => {
        this.#connections.delete(connection);
        this.#channels.accept(from, token, already);
      },
    });
    this.#connections.add(connection);
    void connection.closed.then(() => this.#connections.delete(connection));
  }

  async #shutDown(): Promise<void> {
    const stopped = new Promise<void>((resolve) => this.#netServer.close(() => resolve()));
    await Promise.all([
      this.#channels.close(),
      ...[...this.#connections].map((connection) => connection.shutDown(this.#limits.drainMs)),
    ]);
    for (const socket of this.#sockets) socket.destroy();
    await stopped;
  }
}

function refuse(socket: Socket, maxConnections: number): void {
  const error = new LimitExceededError(
    'connections',
    maxConnections,
    'close some, or wait until others have',
  );
  socket.on('error', () => undefined);
  socket.end(`${encodeFailure(null, error, undefined)}\n`, () => socket.destroy());
}
