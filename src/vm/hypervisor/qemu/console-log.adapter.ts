import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import type { ByteSocket } from './byte-socket.js';

/** The file never grows past this; then its older half goes. */
export const MAX_CONSOLE_BYTES = 4 * 1024 * 1024;
/** received and not yet written; more stops the reading, and so at last the guest's output */
const MAX_PENDING_BYTES = 256 * 1024;

/** Copies a serial console to a bounded file, as long as this daemon lives. Write errors lose output, nothing else. */
export class ConsoleLog {
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  #writing: Promise<void> = Promise.resolve();

  private constructor(
    private readonly file: FileHandle,
    private size: number,
    private readonly socket: ByteSocket,
    private readonly maxBytes: number,
  ) {
    socket.onData((chunk) => this.#receive(chunk));
  }

  static async open(path: string, socket: ByteSocket, maxBytes = MAX_CONSOLE_BYTES): Promise<ConsoleLog> {
    // r+ and not a: in append mode the kernel ignores write positions, and the file must be rewritten in place
    const file = await open(path, 'a+', 0o600).then(async (created) => {
      await created.close();
      return await open(path, 'r+');
    });
    const { size } = await file.stat();
    const log = new ConsoleLog(file, size, socket, maxBytes);
    log.finished = socket.closed.then(() => log.#finish());
    return log;
  }

  /** settles when the connection is over and all that was received is in the file */
  finished: Promise<void> = Promise.resolve();

  close(): void {
    this.socket.close();
  }

  #receive(chunk: Buffer): void {
    this.#pending.push(chunk);
    this.#pendingBytes += chunk.length;
    if (this.#pendingBytes > MAX_PENDING_BYTES) this.socket.pause();
    this.#writing = this.#writing.then(() => this.#flush());
  }

  async #flush(): Promise<void> {
    if (this.#pendingBytes === 0) return;
    const bytes = Buffer.concat(this.#pending).subarray(-this.maxBytes);
    this.#pending = [];
    this.#pendingBytes = 0;
    try {
      if (this.size + bytes.length > this.maxBytes) await this.#dropOldest(bytes.length);
      await this.file.write(bytes, 0, bytes.length, this.size);
      this.size += bytes.length;
    } catch {
      // A full disk costs console output; it must cost no VM.
    }
    this.socket.resume();
  }

  /** Moves the newest output, at most half of the bound, to the beginning. */
  async #dropOldest(incoming: number): Promise<void> {
    const kept = Math.max(0, Math.min(Math.floor(this.maxBytes / 2), this.maxBytes - incoming, this.size));
    const newest = Buffer.alloc(kept);
    const { bytesRead } = await this.file.read(newest, 0, kept, this.size - kept);
    await this.file.write(newest, 0, bytesRead, 0);
    await this.file.truncate(bytesRead);
    this.size = bytesRead;
  }

  async #finish(): Promise<void> {
    await this.#writing;
    await this.file.close();
  }
}
