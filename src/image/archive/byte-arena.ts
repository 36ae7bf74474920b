import { ArchiveFault } from './archive-fault.js';

const CHUNK_BYTES = 2 ** 24;
/** Most images are small. */
const FIRST_CHUNK_BYTES = 2 ** 18;
const LENGTH_BYTES = 4;

/**
 * Many small byte strings, none of which is ever taken back: four bytes more each, where a Buffer of its own would take
 * a hundred.
 */
export class ByteArena {
  readonly #chunks: Buffer[] = [];
  readonly #maxBytes: number;
  #used = LENGTH_BYTES;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** A handle, never 0. At most 16 MiB less 8 bytes. @throws ArchiveFault when the arena is full */
  put(bytes: Buffer): number {
    const needed = LENGTH_BYTES + bytes.length;
    if (this.#used + needed > (this.#chunks.at(-1)?.length ?? 0)) {
      if ((this.#chunks.length + 1) * CHUNK_BYTES > this.#maxBytes)
        throw new ArchiveFault('brings more names, link targets and attributes than can be kept in memory');
      const isSmall = this.#chunks.length === 0 && needed < FIRST_CHUNK_BYTES / 2;
      this.#chunks.push(Buffer.alloc(isSmall ? FIRST_CHUNK_BYTES : CHUNK_BYTES));
      // no handle is 0
      this.#used = LENGTH_BYTES;
    }
    const chunk = this.#chunks.at(-1) ?? EMPTY;
    const at = this.#used;
    chunk.writeUInt32LE(bytes.length, at);
    chunk.set(bytes, at + LENGTH_BYTES);
    this.#used += needed;
    return (this.#chunks.length - 1) * CHUNK_BYTES + at;
  }

  /** What was put: a view, not to be changed. */
  get(handle: number): Buffer {
    const chunk = this.#chunks[Math.floor(handle / CHUNK_BYTES)] ?? EMPTY;
    const at = handle % CHUNK_BYTES;
    const start = at + LENGTH_BYTES;
    return chunk.subarray(start, start + chunk.readUInt32LE(at));
  }

  /** Whether these are the bytes from `start` to `end`. */
  equals(handle: number, bytes: Buffer, start: number, end: number): boolean {
    const chunk = this.#chunks[Math.floor(handle / CHUNK_BYTES)] ?? EMPTY;
    const at = handle % CHUNK_BYTES;
    const length = end - start;
    if (chunk.readUInt32LE(at) !== length) return false;
    const from = at + LENGTH_BYTES;
    for (let index = 0; index < length; index += 1)
      if (chunk[from + index] !== bytes[start + index]) return false;
    return true;
  }
}

const EMPTY = Buffer.alloc(0);
