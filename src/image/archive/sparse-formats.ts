import { ArchiveFault } from './archive-fault.js';
import { MAX_STRETCHES } from './archive-limits.js';
import type { SparseStretch } from './sparse-map.js';
import { parseNumber } from './tar-number.js';

const PAIR_BYTES = 24;
const NUMBER_BYTES = 12;
/** Of the header of an old GNU sparse file. */
const HEADER_MAP = { offset: 386, pairs: 4, extendedAt: 482, realSizeAt: 483 };
/** Of a block that goes on with the map. */
const EXTENSION_MAP = { offset: 0, pairs: 21, extendedAt: 504 };

/** The map of an old GNU sparse file, which stands in the header and in blocks after it. */
export class GnuSparseMap {
  readonly stretches: SparseStretch[] = [];
  readonly realBytes: number;
  /** whether another block of it follows */
  isExtended: boolean;

  constructor(header: Buffer) {
    this.realBytes = parseNumber(header, HEADER_MAP.realSizeAt, NUMBER_BYTES);
    this.isExtended = this.#take(header, HEADER_MAP);
  }

  extend(block: Buffer): void {
    this.isExtended = this.#take(block, EXTENSION_MAP);
    if (this.stretches.length > MAX_STRETCHES) throw tooMany();
  }

  #take(block: Buffer, map: { offset: number; pairs: number; extendedAt: number }): boolean {
    for (let pair = 0; pair < map.pairs; pair += 1) {
      const at = map.offset + pair * PAIR_BYTES;
      // the first pair without an offset ends the map
      if (block[at] === 0) break;
      const offset = parseNumber(block, at, NUMBER_BYTES);
      this.stretches.push({ offset, length: parseNumber(block, at + NUMBER_BYTES, NUMBER_BYTES) });
    }
    return block[map.extendedAt] !== 0;
  }
}

/** From the numbers of GNU tar's pax forms 0.0 and 0.1: offset and length by turns. */
export function pairStretches(numbers: readonly number[]): SparseStretch[] {
  if (numbers.length % 2 !== 0) throw new ArchiveFault('is a sparse file with half a stretch in its map');
  if (numbers.length / 2 > MAX_STRETCHES) throw tooMany();
  const stretches: SparseStretch[] = [];
  for (let at = 0; at < numbers.length; at += 2)
    stretches.push({ offset: numbers[at] ?? 0, length: numbers[at + 1] ?? 0 });
  return stretches;
}

function tooMany(): ArchiveFault {
  return new ArchiveFault(`is a sparse file of more than ${MAX_STRETCHES} stretches`);
}

/** @throws ArchiveFault unless the stretches follow each other within the file, and take what the archive has of it */
export function checkStretches(
  stretches: readonly SparseStretch[],
  file: { realBytes: number; storedBytes: number },
): void {
  let end = 0;
  let sum = 0;
  for (const { offset, length } of stretches) {
    if (offset < end || length < 0 || offset + length > file.realBytes)
      throw new ArchiveFault('is a sparse file whose stretches overlap, or lie outside of it');
    end = offset + length;
    sum += length;
  }
  if (sum !== file.storedBytes)
    throw new ArchiveFault('is a sparse file of which the archive has more or less than its map says');
}
