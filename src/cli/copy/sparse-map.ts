import { CopyRefusedError } from './copy.errors.js';
import { paxNumber } from './pax-records.js';
import { BLOCK_BYTES, filledUp } from './tar-header.js';

const NEWLINE = 0x0a;
/** digits of a number that is safe here */
const MAX_DIGITS = 16;
/** tar keeps 16 bytes for each */
const MAX_REGIONS = 4 * 1024 * 1024;
const PREFIX = 'GNU.sparse.';
/** all that GNU tar's format 1.0 writes, which is what it writes unless told otherwise */
const KEYS = ['major', 'minor', 'name', 'realsize'] as const;

/**
 * Reads what the content of a file with holes begins with: how many regions have data, and the offset and length of each,
 * as lines of decimal digits. tar believes it, and would take what follows a content that is shorter than the map says
 * for headers, or headers for content: it has to agree with the size of the archived file to the byte.
 */
export class SparseMap {
  readonly #realBytes: number;
  /** `bytes` of the member: the map, filled up to blocks, and the data */
  readonly #archivedBytes: number;
  #mapBytes = 0;
  #dataBytes = 0;
  #line = '';
  /** numbers that are still to come; undefined before the first, which tells */
  #left: number | undefined;
  /** of the region whose length comes next */
  #offset: number | undefined;
  /** end of the region before */
  #end = 0;

  constructor(archivedBytes: number, realBytes: number) {
    this.#archivedBytes = archivedBytes;
    this.#realBytes = realBytes;
    if (archivedBytes < BLOCK_BYTES) throw wrong();
  }

  /** Whether all of it has come, and agreed. */
  get complete(): boolean {
    return this.#left === 0;
  }

  /** The next bytes of the content. @throws CopyRefusedError */
  take(content: Buffer): void {
    for (let at = 0; at < content.length && !this.complete;) {
      const newline = content.indexOf(NEWLINE, at);
      const end = newline < 0 ? content.length : newline;
      if (this.#line.length + end - at > MAX_DIGITS) throw wrong();
      this.#line += content.toString('latin1', at, end);
      this.#mapBytes += end - at;
      if (newline < 0) return;
      this.#mapBytes += 1;
      this.#number(paxNumber(this.#line));
      this.#line = '';
      at = end + 1;
    }
  }

  #number(value: number): void {
    if (this.#left === undefined) {
      if (value > MAX_REGIONS) throw wrong();
      this.#left = 2 * value;
    } else {
      this.#left -= 1;
      if (this.#offset === undefined) this.#offset = value;
      else this.#region(this.#offset, value);
    }
    if (this.complete && filledUp(this.#mapBytes) + this.#dataBytes !== this.#archivedBytes) throw wrong();
  }

  /** Only the last data may end within a block: those of each region begin at one. */
  #region(offset: number, bytes: number): void {
    const broken = bytes > 0 && this.#dataBytes % BLOCK_BYTES !== 0;
    if (broken || offset < this.#end || offset + bytes > this.#realBytes) throw wrong();
    this.#offset = undefined;
    this.#end = offset + bytes;
    this.#dataBytes += bytes;
  }
}

/** The map of a file whose records say that it has holes; undefined for any other. @throws CopyRefusedError */
export function sparseMap(
  type: string,
  archivedBytes: number,
  records: ReadonlyMap<string, string>,
): SparseMap | undefined {
  const said = [...records.keys()].filter((key) => key.startsWith(PREFIX));
  if (said.length === 0) return undefined;
  const [major, minor, name, realsize] = KEYS.map((key) => records.get(`${PREFIX}${key}`));
  if (type !== '0' || said.length !== KEYS.length || major !== '1' || minor !== '0') throw wrong();
  if (name === undefined || realsize === undefined) throw wrong();
  return new SparseMap(archivedBytes, paxNumber(realsize));
}

function wrong(): CopyRefusedError {
  return new CopyRefusedError('a file with holes in the archive is not what it says of itself');
}
