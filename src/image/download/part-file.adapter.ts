import { createHash } from 'node:crypto';
import type { Hash } from 'node:crypto';
import { constants } from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { DiskFullError, isDiskFull, toBangerError } from '../../core/errors/index.js';

const PIECE = 1024 * 1024;

/** The part of a download that is there, with its checksum as far as it goes. */
export class PartFile {
  #hash: Hash = createHash('sha256');
  #size = 0;

  private constructor(
    /** where it comes to lie when it is whole */
    private readonly target: string,
    private readonly handle: FileHandle,
  ) {}

  /** What an earlier download has left is read once. @throws DiskFullError, PermissionDeniedError, the signal's reason */
  static async open(target: string, signal: AbortSignal): Promise<PartFile> {
    try {
      await mkdir(dirname(target), { recursive: true, mode: 0o700 });
      const flags = constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW;
      const part = new PartFile(target, await open(`${target}.part`, flags, 0o600));
      try {
        await part.#readAll(signal);
      } catch (error) {
        await part.close();
        throw error;
      }
      return part;
    } catch (error) {
      throw signal.aborted ? error : toBangerError(error, 'the download');
    }
  }

  /** `bytes` */
  get size(): number {
    return this.#size;
  }

  /** `sha256:HEX` of what is there. */
  get digest(): string {
    return `sha256:${this.#hash.copy().digest('hex')}`;
  }

  async append(chunk: Buffer): Promise<void> {
    for (let written = 0; written < chunk.length;) {
      const piece = chunk.subarray(written);
      const { bytesWritten } = await this.handle.write(piece, 0, piece.length, this.#size);
      this.#hash.update(piece.subarray(0, bytesWritten));
      this.#size += bytesWritten;
      written += bytesWritten;
    }
  }

  /** Nothing is there any more. */
  async empty(): Promise<void> {
    await this.handle.truncate(0);
    this.#hash = createHash('sha256');
    this.#size = 0;
  }

  /** To its place, once it is safe on the disk. */
  async finish(): Promise<void> {
    await this.handle.sync();
    await rename(`${this.target}.part`, this.target);
    const directory = await open(dirname(this.target), 'r');
    try {
      await directory.sync();
    } finally {
      await directory.close();
    }
  }

  async delete(): Promise<void> {
    await rm(`${this.target}.part`, { force: true });
  }

  async close(): Promise<void> {
    await this.handle.close();
  }

  /** What a failure of writing means. */
  explain(error: unknown): Error {
    return isDiskFull(error) ? new DiskFullError(this.target, error) : toBangerError(error, 'the download');
  }

  async #readAll(signal: AbortSignal): Promise<void> {
    const piece = Buffer.alloc(PIECE);
    for (;;) {
      signal.throwIfAborted();
      const { bytesRead } = await this.handle.read(piece, 0, PIECE, this.#size);
      if (bytesRead === 0) return;
      this.#hash.update(piece.subarray(0, bytesRead));
      this.#size += bytesRead;
    }
  }
}
