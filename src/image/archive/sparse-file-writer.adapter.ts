import type { FileHandle } from 'node:fs/promises';
import { SPARSE_BLOCK, SparseHash } from '../../host/index.js';
import { nonZeroStretches } from './stretches.js';

/** `bytes` of a file that are gathered before they are written; whole blocks of the digest */
const WINDOW = 16 * SPARSE_BLOCK;

/**
 * Writes a new file from front to back, with a hole wherever a block of 4 KiB is all zero or was never given, and
 * makes its `sparseDigest` on the way.
 */
export class SparseFileWriter {
  readonly #hash = new SparseHash();
  readonly #window = Buffer.alloc(WINDOW);
  /** where the window lies in the file */
  #start = 0;
  #dirty = false;

  /** `onWrite`: before data are written, of which it may throw; `bytes` */
  constructor(
    private readonly handle: FileHandle,
    private readonly sizeBytes: number,
    private readonly onWrite: (bytes: number) => void,
  ) {}

  /** Each piece lies behind the one before. */
  async write(piece: Buffer, position: number): Promise<void> {
    for (let at = 0; at < piece.length;) {
      const offset = position + at;
      const start = offset - (offset % WINDOW);
      if (start !== this.#start) await this.#flush(start);
      const copied = piece.copy(this.#window, offset - start, at);
      this.#dirty = true;
      at += copied;
    }
  }

  /** Resolves to the digest, hex. */
  async end(): Promise<string> {
    await this.#flush(this.#start);
    await this.handle.truncate(this.sizeBytes);
    return this.#hash.digest();
  }

  async #flush(next: number): Promise<void> {
    if (this.#dirty) {
      const piece = this.#window.subarray(0, Math.min(WINDOW, this.sizeBytes - this.#start));
      for (let at = 0; at < piece.length; at += SPARSE_BLOCK)
        this.#hash.add((this.#start + at) / SPARSE_BLOCK, piece.subarray(at, at + SPARSE_BLOCK));
      for (const { offset, length } of nonZeroStretches(piece)) {
        this.onWrite(length);
        await this.#writeAll(piece.subarray(offset, offset + length), this.#start + offset);
      }
      this.#window.fill(0);
      this.#dirty = false;
    }
    this.#start = next;
  }

  async #writeAll(bytes: Buffer, position: number): Promise<void> {
    for (let at = 0; at < bytes.length;)
      at += (await this.handle.write(bytes, at, bytes.length - at, position + at)).bytesWritten;
  }
}
