import type { SparseStretch } from './sparse-map.js';

/** `bytes`; the unit in which file systems have holes */
export const HOLE_BLOCK = 4096;
const ZEROES = Buffer.alloc(HOLE_BLOCK);

/** Stretches of a piece of a file that are not all zero, in whole blocks from its beginning; offsets within it. */
export function nonZeroStretches(piece: Buffer): SparseStretch[] {
  const stretches: { offset: number; length: number }[] = [];
  for (let offset = 0; offset < piece.length; offset += HOLE_BLOCK) {
    const block = piece.subarray(offset, offset + HOLE_BLOCK);
    if (block.equals(ZEROES.subarray(0, block.length))) continue;
    const last = stretches.at(-1);
    if (last !== undefined && last.offset + last.length === offset) last.length += block.length;
    else stretches.push({ offset, length: block.length });
  }
  return stretches;
}

/** Gathers the stretches of a file in order; when there come to be too many, the smallest holes count as data. */
export class StretchList {
  #stretches: { offset: number; length: number }[] = [];
  #minHole = 1;

  constructor(private readonly max: number) {}

  add({ offset, length }: SparseStretch): void {
    this.#append(offset, length);
    while (this.#stretches.length > this.max) {
      this.#minHole = Math.max(HOLE_BLOCK, this.#minHole) * 2;
      const before = this.#stretches;
      this.#stretches = [];
      for (const one of before) this.#append(one.offset, one.length);
    }
  }

  list(): readonly SparseStretch[] {
    return this.#stretches;
  }

  #append(offset: number, length: number): void {
    const last = this.#stretches.at(-1);
    if (last !== undefined && offset - (last.offset + last.length) < this.#minHole)
      last.length = offset + length - last.offset;
    else this.#stretches.push({ offset, length });
  }
}
