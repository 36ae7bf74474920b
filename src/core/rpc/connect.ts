import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { CancelledError, SocketPathTooLongError, TimeoutError } from '../errors/index.js';
import type { BangerError } from '../errors/index.js';
import { DaemonUnreachableError, SocketForbiddenError } from './rpc-errors.js';

export interface ConnectOptions {
  readonly socketPath: string;
  /** `ms` to wait for the connection; 5000 when left out */
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

const CONNECT_TIMEOUT_MS = 5_000;

/** `ms` between attempts while the daemon's queue of connections is full, which Unix sockets report at once */
const BUSY_RETRY_MS = 20;

/** @throws DaemonUnreachableError, SocketForbiddenError, SocketPathTooLongError, TimeoutError, CancelledError */
export async function connectSocket(options: ConnectOptions): Promise<Socket> {
  const { socketPath, timeoutMs = CONNECT_TIMEOUT_MS, signal } = options;
  // Node cuts a longer path off without a word and may then find another socket.
  SocketPathTooLongError.check(socketPath);
  const end = performance.now() + timeoutMs;
  for (;;) {
    if (signal?.aborted === true) throw new CancelledError('connecting to the daemon');
    try {
      return await attempt(socketPath, timeoutMs, signal);
    } catch (error) {
      if (!isBusy(error) || performance.now() > end) throw error;
      await new Promise((resolve) => setTimeout(resolve, BUSY_RETRY_MS));
    }
  }
}

async function attempt(
  socketPath: string,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<Socket> {
  const socket = connect(socketPath);
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  const timer = setTimeout(
    () => reject(new TimeoutError(`connecting to ${socketPath}`, timeoutMs)),
    timeoutMs,
  );
  const abort = (): void => reject(new CancelledError('connecting to the daemon'));
  socket.once('connect', () => resolve(socket));
  socket.once('error', (error) => reject(translate(error, socketPath)));
  signal?.addEventListener('abort', abort, { once: true });
  try {
    return await promise;
  } catch (error) {
    socket.on('error', () => undefined);
    socket.destroy();
    throw error;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && (error.cause as NodeJS.ErrnoException | undefined)?.code === 'EAGAIN';
}

function translate(error: NodeJS.ErrnoException, socketPath: string): BangerError {
  switch (error.code) {
    case 'EACCES':
    case 'EPERM':
      return new SocketForbiddenError(socketPath, error);
    case 'ENOENT':
      return new DaemonUnreachableError(socketPath, 'there is no such socket: no daemon runs', error);
    case 'ECONNREFUSED':
      return new DaemonUnreachableError(
        socketPath,
        'the socket is left over from a daemon that has ended',
        error,
      );
    case 'EAGAIN':
      return new DaemonUnreachableError(socketPath, 'the daemon is too busy to accept connections', error);
    default:
      return new DaemonUnreachableError(socketPath, error.message, error);
  }
}
