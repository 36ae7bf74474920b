/** Small seeded generator (mulberry32), so that a failure can be repeated. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  /** 0 … limit - 1 */
  below(limit: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  }

  bytes(length: number): Buffer {
    const buffer = Buffer.alloc(length);
    for (let index = 0; index < length; index += 1) buffer[index] = this.below(256);
    return buffer;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T;
  }

  /** The same bytes in pieces of random sizes, none of them empty. */
  *cut(whole: Buffer, maxPiece: number): Generator<Buffer> {
    for (let offset = 0; offset < whole.length;) {
      const end = Math.min(whole.length, offset + 1 + this.below(maxPiece));
      yield whole.subarray(offset, end);
      offset = end;
    }
  }
}
