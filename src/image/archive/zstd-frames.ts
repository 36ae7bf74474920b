import { ArchiveFault } from './archive-fault.js';

const FRAME_MAGIC = 0xfd2fb528;
const SKIPPABLE_MAGIC = 0x184d2a50;
const SKIPPABLE_MASK = 0xfffffff0;
const MAGIC_BYTES = 4;
const BLOCK_HEADER_BYTES = 3;
const RLE_BLOCK = 1;
const RESERVED_BLOCK = 3;
const CHECKSUM_BYTES = 4;
const CONTENT_SIZE_BYTES = [0, 2, 4, 8];
const DICTIONARY_ID_BYTES = [0, 1, 2, 4];

/**
 * Finds the ends of the frames of zstd data (RFC 8878) as it comes. Node's decompressor forgets what follows a frame in
 * the same piece, and tools such as pzstd, or podman with `zstd:chunked`, write many frames.
 */
export class ZstdFrameCutter {
  readonly #steps = frames();
  #missing = MAGIC_BYTES;
  #takes = true;
  #taken: number[] = [];

  constructor() {
    this.#steps.next([]);
  }

  /** The piece, cut where a frame ends. @throws ArchiveFault when it is no zstd data */
  *cut(piece: Buffer): Generator<Buffer, void> {
    let start = 0;
    for (let at = 0; at < piece.length;) {
      const end = Math.min(at + this.#missing, piece.length);
      if (this.#takes) for (let index = at; index < end; index += 1) this.#taken.push(piece[index] ?? 0);
      this.#missing -= end - at;
      at = end;
      while (this.#missing === 0)
        if (this.#next()) {
          if (at > start) yield piece.subarray(start, at);
          start = at;
        }
    }
    if (start < piece.length) yield piece.subarray(start);
  }

  /** Whether a frame has just ended. */
  #next(): boolean {
    const step = this.#steps.next(this.#taken).value;
    this.#taken = [];
    this.#takes = 'take' in step;
    this.#missing = 'take' in step ? step.take : step.skip;
    return 'ends' in step;
  }
}

type Step = { readonly take: number; readonly ends?: true } | { readonly skip: number };

/** Asks for bytes to look at, or to pass over; the first step after a frame says that it has ended. */
function* frames(): Generator<Step, never, number[]> {
  let magic = littleEndian(yield { take: MAGIC_BYTES });
  for (;;) {
    if ((magic & SKIPPABLE_MASK) >>> 0 === SKIPPABLE_MAGIC)
      yield { skip: littleEndian(yield { take: MAGIC_BYTES }) };
    else if (magic === FRAME_MAGIC) yield* dataFrame();
    else throw new ArchiveFault('is no well-formed zstd data');
    magic = littleEndian(yield { take: MAGIC_BYTES, ends: true });
  }
}

function* dataFrame(): Generator<Step, void, number[]> {
  const descriptor = littleEndian(yield { take: 1 });
  const isSingleSegment = (descriptor & 0x20) !== 0;
  const sizeFlag = descriptor >> 6;
  const sizeBytes = sizeFlag === 0 && isSingleSegment ? 1 : (CONTENT_SIZE_BYTES[sizeFlag] ?? 0);
  yield { skip: sizeBytes + (DICTIONARY_ID_BYTES[descriptor & 3] ?? 0) + (isSingleSegment ? 0 : 1) };
  for (;;) {
    const header = littleEndian(yield { take: BLOCK_HEADER_BYTES });
    const type = (header >> 1) & 3;
    if (type === RESERVED_BLOCK) throw new ArchiveFault('is no well-formed zstd data');
    yield { skip: type === RLE_BLOCK ? 1 : header >> 3 };
    if ((header & 1) !== 0) break;
  }
  if ((descriptor & 4) !== 0) yield { skip: CHECKSUM_BYTES };
}

function littleEndian(bytes: readonly number[]): number {
  return bytes.reduceRight((value, byte) => value * 256 + byte, 0);
}
