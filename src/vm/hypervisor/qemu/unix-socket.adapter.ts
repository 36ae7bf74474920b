import { createConnection } from 'node:net';
import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { ByteSocket } from './byte-socket.js';

const RETRY_MS = 4;

/** Nobody listens yet, the queue is full, or (ECONNRESET) the listener ended with this connection in its queue. */
const NOT_YET = new Set(['ENOENT', 'ECONNREFUSED', 'EAGAIN', 'ECONNRESET']);

/**
 * Connects to a Unix socket that a program just started is about to listen on: tries until it does, or until `signal`
 * aborts, and then throws the reason.
 */
export async function connectUnixSocket(path: string, signal: AbortSignal): Promise<ByteSocket> {
  for (;;) {
    signal.throwIfAborted();
    const socket = await tryConnect(path);
    if (socket !== undefined) return new NodeByteSocket(socket);
    await delay(RETRY_MS);
  }
}

function tryConnect(path: string): Promise<Socket | undefined> {
  return new Promise((resolve, reject) => {
    const socket = createConnection({ path });
    socket.once('connect', () => {
      socket.removeAllListeners('error');
      resolve(socket);
    });
    socket.once('error', (error: NodeJS.ErrnoException) => {
      socket.destroy();
      if (NOT_YET.has(error.code ?? '')) resolve(undefined);
      else reject(error);
    });
  });
}

class NodeByteSocket implements ByteSocket {
  readonly closed: Promise<void>;
  readonly #socket: Socket;

  constructor(socket: Socket) {
    this.#socket = socket;
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()));
    // Every failure of a connected socket ends in `close`.
    socket.on('error', () => undefined);
  }

  get unsentBytes(): number {
    return this.#socket.writableLength;
  }

  onData(listener: (chunk: Buffer) => void): void {
    this.#socket.on('data', listener);
  }

  send(bytes: Buffer | string): void {
    if (!this.#socket.destroyed) this.#socket.write(bytes);
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  close(): void {
    this.#socket.destroy();
  }
}
