const NEWLINE = 0x0a;
const EMPTY = Buffer.alloc(0);
const FIRST_PARTIAL_BYTES = 1024;

/**
 * Cuts a byte stream into lines, without the newline. Pure; pull-style, so that the caller can stop between two lines.
 * By hand: node:readline has no bound on a line and decodes what may not be UTF-8.
 * Holds at most the last chunk plus twice `maxLineBytes`, however small the pieces in which a line arrives.
 */
export class LineFramer {
  readonly #maxLineBytes: number;
  #chunk: Buffer = EMPTY;
  #offset = 0;
  /** begin of a line whose newline has not come, copied: many tiny chunks must not cost an object each */
  #partial: Buffer = EMPTY;
  #partialBytes = 0;
  #overflowed = false;

  constructor(maxLineBytes: number) {
    this.#maxLineBytes = maxLineBytes;
  }

  /** A line was longer than the bound. No further line comes: where the next one begins is not worth guessing. */
  get overflowed(): boolean {
    return this.#overflowed;
  }

  /** `bytes` of a line that has begun and not ended, once `next` has returned undefined. */
  get partialBytes(): number {
    return this.#partialBytes;
  }

  push(chunk: Buffer): void {
    this.#chunk = this.#offset < this.#chunk.length ? Buffer.concat([this.#unread(), chunk]) : chunk;
    this.#offset = 0;
  }

  next(): Buffer | undefined {
    if (this.#overflowed) return undefined;
    const end = this.#chunk.indexOf(NEWLINE, this.#offset);
    const piece = end === -1 ? this.#unread() : this.#chunk.subarray(this.#offset, end);
    if (this.#partialBytes + piece.length > this.#maxLineBytes) return this.#overflow();
    this.#offset = end === -1 ? this.#chunk.length : end + 1;
    if (end !== -1 && this.#partialBytes === 0) return piece;
    this.#keep(piece);
    return end === -1 ? this.#dropChunk() : this.#takePartial();
  }

  /** Everything not yet returned, for a connection that goes on in another language. */
  takeRest(): Buffer {
    const rest = Buffer.concat([this.#takePartial(), this.#unread()]);
    this.#dropChunk();
    return rest;
  }

  #unread(): Buffer {
    return this.#chunk.subarray(this.#offset);
  }

  #keep(piece: Buffer): void {
    const needed = this.#partialBytes + piece.length;
    if (needed > this.#partial.length) {
      const grown = Buffer.allocUnsafe(
        Math.max(FIRST_PARTIAL_BYTES, Math.min(2 * needed, this.#maxLineBytes)),
      );
      this.#partial.copy(grown, 0, 0, this.#partialBytes);
      this.#partial = grown;
    }
    piece.copy(this.#partial, this.#partialBytes);
    this.#partialBytes = needed;
  }

  #takePartial(): Buffer {
    const line = this.#partial.subarray(0, this.#partialBytes);
    this.#partial = EMPTY;
    this.#partialBytes = 0;
    return line;
  }

  #dropChunk(): undefined {
    this.#chunk = EMPTY;
    this.#offset = 0;
  }

  #overflow(): undefined {
    this.#overflowed = true;
    this.#takePartial();
    this.#dropChunk();
  }
}
