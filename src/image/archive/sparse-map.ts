/** A stretch of a sparse file that is not a hole; `bytes` */
export interface SparseStretch {
  readonly offset: number;
  readonly length: number;
}

const BLOCK = 512;
/** Longest decimal number of a map: one that JavaScript can count. */
const MAX_DIGITS = 16;

/**
 * The map that stands before the data of a sparse file in a tar archive, of the form 1.0 of GNU tar (pax records
 * GNU.sparse.major=1, .minor=0, .name, .realsize): the number of stretches, then offset and length of each, as decimal
 * lines, filled up with zeroes to a whole block.
 */
export function formatSparseMap(stretches: readonly SparseStretch[]): Buffer {
  const numbers = [stretches.length, ...stretches.flatMap(({ offset, length }) => [offset, length])];
  const text = numbers.map((number) => `${number}\n`).join('');
  return Buffer.concat([Buffer.from(text), Buffer.alloc((BLOCK - (text.length % BLOCK)) % BLOCK)]);
}

/** What is wrong with a map, in words. */
export class SparseMapError extends Error {
  override readonly name = 'SparseMapError';
}

export interface SparseMap {
  readonly stretches: readonly SparseStretch[];
  /** what the map takes of the entry's data, whole blocks; `bytes` */
  readonly mapBytes: number;
}

/**
 * Reads a map from the beginning of an entry's data, given as one buffer; undefined when it does not end there, so that
 * more is needed. @throws SparseMapError when it is none, has more stretches than allowed, or these overlap or lie
 * outside of the file
 */
export function parseSparseMap(
  data: Buffer,
  bounds: { realBytes: number; maxStretches: number },
): SparseMap | undefined {
  let at = 0;
  const number = (): number | undefined => {
    const end = data.indexOf(0x0a, at);
    if ((end === -1 ? data.length : end) - at > MAX_DIGITS)
      throw new SparseMapError('its map has a number that is too long');
    if (end === -1) return undefined;
    const text = data.toString('latin1', at, end);
    if (!/^\d+$/.test(text)) throw new SparseMapError('its map has a line that is no number');
    at = end + 1;
    return Number(text);
  };
  const count = number();
  if (count === undefined) return undefined;
  if (count > bounds.maxStretches) throw new SparseMapError(`its map has ${count} stretches`);
  const stretches: SparseStretch[] = [];
  let end = 0;
  for (let index = 0; index < count; index += 1) {
    const offset = number();
    const length = offset === undefined ? undefined : number();
    if (offset === undefined || length === undefined) return undefined;
    if (offset < end || offset + length > bounds.realBytes)
      throw new SparseMapError('its stretches overlap, or lie outside of the file');
    end = offset + length;
    stretches.push({ offset, length });
  }
  const mapBytes = Math.ceil(at / BLOCK) * BLOCK;
  return mapBytes > data.length ? undefined : { stretches, mapBytes };
}
