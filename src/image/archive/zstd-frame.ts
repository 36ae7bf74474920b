const MAGIC = 0xfd2fb528;
const FIXED_HEADER = 5;
const BLOCK_HEADER = 3;
const CHECKSUM = 4;

/** The bytes are not those of a zstd frame. */
export class ZstdFrameError extends Error {
  override readonly name = 'ZstdFrameError';
}

/**
 * Follows a zstd frame (RFC 8878) through the pieces of a stream to where it ends, without decompressing it. By hand,
 * since Node.js does not tell: its compressor adds an empty frame to short ones, and its decompressor takes no notice of
 * what follows a frame in the same piece.
 */
export class ZstdFrame {
  /** what is gathered: a header that is cut by the end of a piece */
  #head: Buffer = Buffer.alloc(0);
  #headBytes = FIXED_HEADER;
  #parse: (head: Buffer) => void = (head) => {
    this.#parseFrame(head);
  };
  /** bytes that follow the header and mean nothing here */
  #skip = 0;
  #checksum = false;
  #ended = false;

  /** How many bytes of the next piece belong to the frame: all of them, until its end. @throws ZstdFrameError */
  take(piece: Buffer): number {
    let at = 0;
    while (at < piece.length) {
      if (this.#skip > 0) {
        const skipped = Math.min(this.#skip, piece.length - at);
        this.#skip -= skipped;
        at += skipped;
        continue;
      }
      if (this.#ended) break;
      const more = piece.subarray(at, at + this.#headBytes - this.#head.length);
      this.#head = Buffer.concat([this.#head, more]);
      at += more.length;
      if (this.#head.length < this.#headBytes) break;
      const head = this.#head;
      this.#head = Buffer.alloc(0);
      this.#parse(head);
    }
    return at;
  }

  get isWhole(): boolean {
    return this.#ended && this.#skip === 0;
  }

  #parseFrame(head: Buffer): void {
    if (head.readUInt32LE() !== MAGIC) throw new ZstdFrameError('it is not compressed by zstd');
    const descriptor = head.readUInt8(4);
    const single = (descriptor & 0x20) !== 0;
    const sizeBytes = [single ? 1 : 0, 2, 4, 8][descriptor >> 6] ?? 0;
    const dictionaryBytes = [0, 1, 2, 4][descriptor & 3] ?? 0;
    this.#checksum = (descriptor & 4) !== 0;
    this.#skip = (single ? 0 : 1) + dictionaryBytes + sizeBytes;
    this.#headBytes = BLOCK_HEADER;
    this.#parse = (block) => {
      this.#parseBlock(block);
    };
  }

  #parseBlock(head: Buffer): void {
    const bits = head.readUIntLE(0, BLOCK_HEADER);
    const type = (bits >> 1) & 3;
    if (type === 3) throw new ZstdFrameError('its compressed data are damaged');
    // one byte that stands for many
    this.#skip = type === 1 ? 1 : bits >> 3;
    this.#ended = (bits & 1) === 1;
    if (this.#ended && this.#checksum) this.#skip += CHECKSUM;
  }
}
