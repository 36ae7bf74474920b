import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { abortable } from '../../../../core/concurrency/index.js';
import { DiskFullError, isDiskFull, TimeoutError } from '../../../../core/errors/index.js';
import { VmmProtocolError } from '../../hypervisor.errors.js';

/** `ms` for what QEMU has sent to be on the disk */
const LIMIT_MS = 30_000;
/** `bytes`; a machine's state without its memory is half a MiB. A QEMU that a guest took over could send for ever. */
const MAX_STATE_BYTES = 64 * 1024 * 1024;

/**
 * Takes what QEMU writes down of a machine: it may open no file and start no program by itself, but it may connect to a
 * socket in the directory of its own.
 */
export class StateInlet {
  readonly #server: Server;
  readonly #received = Promise.withResolvers<void>();
  #socket: Socket | undefined;

  private constructor(
    readonly socketPath: string,
    private readonly filePath: string,
  ) {
    this.#received.promise.catch(() => undefined);
    this.#server = createServer((socket) => {
      this.#server.close();
      this.#socket = socket;
      this.#receive(socket).then(this.#received.resolve, this.#received.reject);
    });
  }

  /** @param socketPath in a directory that nobody but the VMM's user can enter */
  static async open(socketPath: string, filePath: string): Promise<StateInlet> {
    const inlet = new StateInlet(socketPath, filePath);
    await rm(socketPath, { force: true });
    await new Promise<void>((resolve, reject) => {
      inlet.#server.once('error', reject);
      // Made with these permissions: a chmod would follow what a VMM that a guest took over may put in its place.
      const mask = process.umask(0);
      inlet.#server.listen(socketPath, resolve);
      process.umask(mask);
    });
    return inlet;
  }

  /**
   * Settles when all of it is on the disk. Only after QEMU has said that it is done.
   * @throws DiskFullError, TimeoutError when it does not end what it sends, the signal's reason
   */
  async received(signal: AbortSignal): Promise<void> {
    const limit = AbortSignal.timeout(LIMIT_MS);
    const giveUp = AbortSignal.any([signal, limit]);
    await abortable(this.#received.promise, giveUp, () =>
      signal.aborted ? signal.reason : new TimeoutError('the end of the state of a machine', LIMIT_MS),
    );
  }

  async close(): Promise<void> {
    this.#received.reject(new VmmProtocolError('migrate', 'it was given up'));
    this.#server.close();
    this.#socket?.destroy();
    await rm(this.socketPath, { force: true });
  }

  async #receive(socket: Socket): Promise<void> {
    let bytes = 0;
    const bound = new Transform({
      transform: (chunk: Buffer, _encoding, done) => {
        bytes += chunk.length;
        if (bytes > MAX_STATE_BYTES) done(new VmmProtocolError('migrate', 'a state past the bound'));
        else done(null, chunk);
      },
    });
    try {
      await pipeline(
        socket,
        bound,
        createWriteStream(this.filePath, { flags: 'wx', mode: 0o600, flush: true }),
      );
    } catch (error) {
      throw isDiskFull(error) ? new DiskFullError(this.filePath, error) : error;
    }
  }
}
