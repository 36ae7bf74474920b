import { createHash } from 'node:crypto';

/** `bytes`; the unit that `sparseDigest` counts in */
export const SPARSE_BLOCK = 64 * 1024;
const ZEROES = Buffer.alloc(SPARSE_BLOCK);

/** What `sparseDigest` is made of, for those who come by a file's blocks in another way: each in its turn. */
export class SparseHash {
  readonly #hash = createHash('sha256');

  /** Block of 64 KiB with its number; the last of a file may be shorter. One that is all zero counts for nothing. */
  add(number: number, block: Buffer): void {
    if (block.equals(ZEROES.subarray(0, block.length))) return;
    const name = Buffer.alloc(8);
    name.writeBigUInt64BE(BigInt(number));
    this.#hash.update(name).update(block);
  }

  /** In hex. */
  digest(): string {
    return this.#hash.digest('hex');
  }
}
