import { ArchiveFault } from './archive-fault.js';
import { MAX_PATH_BYTES, MAX_PAX_BYTES, MAX_STRETCHES } from './archive-limits.js';
import { buildEntry, dataBytes, nameOf } from './entry-builder.js';
import type { EntryExtras } from './entry-builder.js';
import { PaxAttributes } from './pax-attributes.js';
import { parsePaxRecords } from './pax-records.js';
import { GnuSparseMap } from './sparse-formats.js';
import { parseSparseMap, SparseMapError } from './sparse-map.js';
import type { SparseMap } from './sparse-map.js';
import type { TarEntry } from './tar-entry.js';
import { BLOCK, isZeroBlock, TarHeader } from './tar-header.js';

/** Asks for the next bytes of the archive, as one buffer, or to leave some out. `bytes` */
type Demand = { readonly take: number } | { readonly skip: number };

/** Of a map before the data, for as long as it has not ended. */
const MAX_MAP_BYTES = MAX_STRETCHES * 34;
const FIRST_MAP_PIECE = 8 * BLOCK;
const ONE_BLOCK: Demand = { take: BLOCK };
const NO_EXTRAS: EntryExtras = { pax: new PaxAttributes([]), longName: undefined, longLinkTarget: undefined };

/**
 * Reads a tar archive as it comes, in pieces of any size, and tells its entries; data is passed over. Own work, because
 * tar-stream takes names and attributes for UTF-8 text and knows no sparse files. Formats: v7, ustar, star, GNU, pax.
 * Global pax headers count for nothing, as for the other readers of layers.
 * A piece must not be changed before the entries that began in it were told.
 */
export class TarReader {
  readonly #onEntry: (entry: TarEntry) => void;
  readonly #parser: Generator<Demand, void, Buffer>;
  #demand: Demand | undefined;
  /** what there is of the bytes asked for, while they come in several pieces */
  #gathered: Buffer | undefined;
  #missing = 0;
  /** of the archive, up to what the parser has asked for last */
  #position = 0;
  #isBetweenEntries = true;

  constructor(onEntry: (entry: TarEntry) => void) {
    this.#onEntry = onEntry;
    this.#parser = this.#parse();
    this.#ask(this.#parser.next());
  }

  /** @throws ArchiveFault; after that nothing more may be pushed */
  push(piece: Buffer): void {
    let at = 0;
    // what follows the end is padding
    while (this.#demand !== undefined && at < piece.length) {
      const step = Math.min(this.#missing, piece.length - at);
      const bytes =
        'take' in this.#demand ? this.#gather(piece.subarray(at, at + step), this.#demand.take) : EMPTY;
      at += step;
      this.#missing -= step;
      if (this.#missing > 0) return;
      this.#gathered = undefined;
      this.#ask(this.#parser.next(bytes));
    }
  }

  /** The archive has ended. @throws ArchiveFault when that is within an entry */
  end(): void {
    const isWhole = this.#isBetweenEntries && this.#gathered === undefined;
    if (this.#demand !== undefined && !isWhole) throw new ArchiveFault('is cut off');
  }

  #gather(bytes: Buffer, wanted: number): Buffer {
    if (bytes.length === wanted) return bytes;
    this.#gathered ??= Buffer.allocUnsafe(wanted);
    bytes.copy(this.#gathered, wanted - this.#missing);
    return this.#gathered;
  }

  #ask({ value, done }: IteratorResult<Demand, void>): void {
    this.#demand = done === true ? undefined : value;
    if (this.#demand === undefined) return;
    this.#missing = 'take' in this.#demand ? this.#demand.take : this.#demand.skip;
    this.#position += this.#missing;
  }

  *#parse(): Generator<Demand, void, Buffer> {
    let extras = NO_EXTRAS;
    for (;;) {
      this.#isBetweenEntries = extras === NO_EXTRAS;
      const block = yield ONE_BLOCK;
      if (isZeroBlock(block)) {
        if (!isZeroBlock(yield ONE_BLOCK)) throw new ArchiveFault('goes on after its end');
        return;
      }
      this.#isBetweenEntries = false;
      const header = new TarHeader(block);
      switch (header.type) {
        case 'g':
          yield* this.#payload(header, MAX_PAX_BYTES);
          break;
        case 'x':
          extras = {
            ...extras,
            pax: new PaxAttributes(parsePaxRecords(yield* this.#payload(header, MAX_PAX_BYTES))),
          };
          break;
        case 'L':
          extras = { ...extras, longName: upToNul(yield* this.#payload(header, MAX_PATH_BYTES + BLOCK)) };
          break;
        case 'K':
          extras = {
            ...extras,
            longLinkTarget: upToNul(yield* this.#payload(header, MAX_PATH_BYTES + BLOCK)),
          };
          break;
        default:
          yield* this.#entry(header, extras);
          extras = NO_EXTRAS;
      }
    }
  }

  *#payload(header: TarHeader, maxBytes: number): Generator<Demand, Buffer, Buffer> {
    const bytes = header.number('size');
    if (bytes < 0 || bytes > maxBytes)
      throw new ArchiveFault(`has an extended header of ${bytes} bytes`, header.name);
    if (bytes === 0) return EMPTY;
    const blocks = yield { take: inBlocks(bytes) };
    return blocks.subarray(0, bytes);
  }

  *#entry(header: TarHeader, extras: EntryExtras): Generator<Demand, void, Buffer> {
    const name = nameOf(header, extras);
    try {
      const gnu = header.type === 'S' ? new GnuSparseMap(header.block) : undefined;
      if (gnu !== undefined) yield* this.#extend(gnu);
      const data = { offset: this.#position, bytes: dataBytes(header, extras) };
      const isMapped = extras.pax.hasMapInData && data.bytes > 0;
      const inData = isMapped ? yield* this.#mapInData(extras, data.bytes) : undefined;
      this.#onEntry(buildEntry(header, extras, data, { gnu, inData }));
      const left = data.offset + inBlocks(data.bytes) - this.#position;
      if (left > 0) yield { skip: left };
    } catch (error) {
      if (error instanceof ArchiveFault && error.part === undefined)
        throw new ArchiveFault(error.reason, name);
      throw error;
    }
  }

  *#extend(map: GnuSparseMap): Generator<Demand, void, Buffer> {
    while (map.isExtended) map.extend(yield ONE_BLOCK);
  }

  /** A map's size shows at its end alone: more and more is read, each time twice of what there was. */
  *#mapInData(extras: EntryExtras, dataBytes: number): Generator<Demand, SparseMap, Buffer> {
    const bounds = { realBytes: extras.pax.realBytes ?? 0, maxStretches: MAX_STRETCHES };
    const available = Math.min(inBlocks(dataBytes), MAX_MAP_BYTES);
    let read: Buffer = EMPTY;
    for (let wanted = Math.min(FIRST_MAP_PIECE, available); ; wanted = Math.min(wanted * 2, available)) {
      const more = yield { take: wanted - read.length };
      read = Buffer.concat([read, more]);
      const map = parseMap(read, bounds);
      if (map !== undefined && map.mapBytes <= dataBytes) return map;
      if (map !== undefined || read.length >= available)
        throw new ArchiveFault('is a sparse file whose map does not end');
    }
  }
}

const EMPTY = Buffer.alloc(0);

function parseMap(data: Buffer, bounds: { realBytes: number; maxStretches: number }): SparseMap | undefined {
  try {
    return parseSparseMap(data, bounds);
  } catch (error) {
    if (error instanceof SparseMapError) throw new ArchiveFault(`is a sparse file, but ${error.message}`);
    throw error;
  }
}

function inBlocks(bytes: number): number {
  return Math.ceil(bytes / BLOCK) * BLOCK;
}

function upToNul(bytes: Buffer): Buffer {
  const end = bytes.indexOf(0);
  return end === -1 ? bytes : bytes.subarray(0, end);
}
