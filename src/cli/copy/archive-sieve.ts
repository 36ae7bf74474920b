import { CopyRefusedError } from './copy.errors.js';
import { paxSize, readPaxRecords } from './pax-records.js';
import { sparseMap } from './sparse-map.js';
import type { SparseMap } from './sparse-map.js';
import { BLOCK_BYTES, emptyFileHeader, filledUp, keepPermissionsOnly, readHeader } from './tar-header.js';
import type { TarHeader } from './tar-header.js';

/** `bytes` of what an `x` header has; paths have 4 KiB at most, and there are three of them */
const MAX_RECORDS_BYTES = 32_768;
/** `bytes` after the end of the archive: less than one record of GNU tar, with room for the pieces it comes in */
const MAX_PADDING_BYTES = 1024 * 1024;
const KEPT = new Set(['0', '1', '2', '5']);
const SPECIAL = new Set(['3', '4', '6']);
/** names that are remembered of what was left out */
const MAX_NAMED = 3;

export interface SieveRules {
  /** names of the sources, in latin1: what may stand below `./`; anything when undefined */
  readonly tops?: ReadonlySet<string>;
  /** whether set-user-ID, set-group-ID and sticky bits are taken away */
  readonly permissionsOnly: boolean;
  readonly maxBytes: number;
  readonly maxEntries: number;
}

/**
 * Lets a tar archive through, block by block, and nothing that could do harm where it is unpacked: names that lead out
 * of it, devices, fifos, kinds of members that banger's own tar never writes. By hand: no library passes the
 * original bytes on, keeps names that are no UTF-8, or knows holes; GNU tar itself unpacks, and makes devices for root.
 */
export class ArchiveSieve {
  /** what has passed */
  entries = 0;
  /** size of the files in it */
  contentBytes = 0;
  /** devices, fifos: left out */
  skipped = 0;
  readonly skippedNames: string[] = [];
  readonly #rules: SieveRules;
  /** size of the archive so far */
  #bytes = 0;
  #afterEnd = 0;
  #carry: Buffer = Buffer.alloc(0);
  /** what is left of a member's content, filled up to a block */
  #content = 0;
  /** with which the content of a file with holes begins, until all of it has come */
  #map: SparseMap | undefined;
  #dropping = false;
  /** the `x` header and its records, until it is known whether the member passes */
  #pending: { readonly blocks: Buffer; readonly records: ReadonlyMap<string, string> } | undefined;
  #zeroBlocks = 0;

  constructor(rules: SieveRules) {
    this.#rules = rules;
  }

  /** Whether the end of the archive has come. */
  get ended(): boolean {
    return this.#zeroBlocks >= 2;
  }

  /** @returns what may go on; it may share memory with the chunk, which is changed @throws CopyRefusedError */
  pass(chunk: Buffer): Buffer[] {
    if (this.ended) return this.#padding(chunk.length);
    this.#bytes += chunk.length;
    if (this.#bytes > this.#rules.maxBytes)
      throw new CopyRefusedError('it is more than all disks and the memory of the VM can hold');
    const data = this.#carry.length === 0 ? chunk : Buffer.concat([this.#carry, chunk]);
    const kept: Buffer[] = [];
    let from = 0;
    let at = 0;
    const cut = (end: number): void => {
      if (end > from) kept.push(data.subarray(from, end));
    };
    while (at < data.length && !this.ended) {
      const step = this.#step(data.subarray(at));
      if (step === undefined) break;
      if (!step.keep) {
        cut(at);
        from = at + step.bytes;
        if (step.instead !== undefined) kept.push(step.instead);
      }
      at += step.bytes;
    }
    cut(at);
    this.#carry = this.ended ? Buffer.alloc(0) : data.subarray(at);
    return kept;
  }

  /** The end of the archive, with one more member, empty, if that is asked for. @throws CopyRefusedError when it had not come */
  finish(mark?: string): Buffer {
    if (!this.ended) throw new CopyRefusedError('the archive ends before its end');
    return Buffer.concat([
      ...(mark === undefined ? [] : [emptyFileHeader(`./${mark}`)]),
      Buffer.alloc(2 * BLOCK_BYTES),
    ]);
  }

  /** tar fills its last record up. */
  #padding(bytes: number): Buffer[] {
    this.#afterEnd += bytes;
    if (this.#afterEnd > MAX_PADDING_BYTES) throw new CopyRefusedError('the archive goes on after its end');
    return [];
  }

  /** What to do with the next bytes; undefined when more of them are needed. */
  #step(data: Buffer): { bytes: number; keep: boolean; instead?: Buffer } | undefined {
    if (this.#content > 0) return this.#ofContent(data);
    if (data.length < BLOCK_BYTES) return undefined;
    const block = data.subarray(0, BLOCK_BYTES);
    if (isZero(block)) {
      this.#zeroBlocks += 1;
      return { bytes: BLOCK_BYTES, keep: false };
    }
    if (this.#zeroBlocks > 0) throw new CopyRefusedError('the archive goes on after its end');
    const header = readHeader(block);
    return header.type === 'x' ? this.#records(header, data) : this.#member(header, block);
  }

  #ofContent(data: Buffer): { bytes: number; keep: boolean } {
    const bytes = Math.min(this.#content, data.length);
    this.#content -= bytes;
    this.#map?.take(data.subarray(0, bytes));
    if (this.#map?.complete === true) this.#map = undefined;
    if (this.#map !== undefined && this.#content === 0)
      throw new CopyRefusedError('a file with holes in the archive does not say where they are');
    return { bytes, keep: !this.#dropping };
  }

  #records(header: TarHeader, data: Buffer): { bytes: number; keep: false } | undefined {
    if (this.#pending !== undefined || header.size > MAX_RECORDS_BYTES)
      throw new CopyRefusedError('a header of the archive is not in its place');
    const bytes = BLOCK_BYTES + filledUp(header.size);
    if (data.length < bytes) return undefined;
    const records = readPaxRecords(data.subarray(BLOCK_BYTES, BLOCK_BYTES + header.size));
    this.#pending = { blocks: Buffer.from(data.subarray(0, bytes)), records };
    return { bytes, keep: false };
  }

  #member(header: TarHeader, block: Buffer): { bytes: number; keep: boolean; instead?: Buffer } {
    const { blocks, records } = this.#pending ?? { blocks: undefined, records: new Map<string, string>() };
    this.#pending = undefined;
    const name = this.#checkedName(header, records);
    const size = contentSize(header, records);
    this.#content = filledUp(size);
    this.#map = sparseMap(header.type, size, records);
    this.#dropping = SPECIAL.has(header.type);
    if (this.#dropping) return this.#skip(name);
    this.contentBytes += size;
    this.entries += 1;
    if (this.entries > this.#rules.maxEntries)
      throw new CopyRefusedError('it is more files than the disks of the VM can hold');
    if (this.#rules.permissionsOnly) keepPermissionsOnly(block, header.mode);
    return blocks === undefined
      ? { bytes: BLOCK_BYTES, keep: true }
      : { bytes: BLOCK_BYTES, keep: false, instead: Buffer.concat([blocks, block]) };
  }

  #skip(name: string): { bytes: number; keep: false } {
    this.skipped += 1;
    if (this.skippedNames.length < MAX_NAMED)
      this.skippedNames.push(Buffer.from(name, 'latin1').toString('utf8'));
    return { bytes: BLOCK_BYTES, keep: false };
  }

  #checkedName({ type, name: inHeader, link }: TarHeader, records: ReadonlyMap<string, string>): string {
    const named = records.get('path') ?? inHeader;
    const name = records.get('GNU.sparse.name') ?? named;
    this.#checkName(name, type);
    // of a file with holes this is a name for readers that know none of them
    if (named !== name) checkPath(named, type);
    if (type === '1') this.#checkName(records.get('linkpath') ?? link, type);
    return name;
  }

  #checkName(name: string, type: string): void {
    const top = checkPath(name, type);
    const { tops } = this.#rules;
    if (tops !== undefined && (top === undefined || !tops.has(top)))
      throw new CopyRefusedError(`the archive has ${shown(name)}, which was not asked for`);
  }
}

/** `bytes`; only files have some. */
function contentSize({ type, size: inHeader }: TarHeader, records: ReadonlyMap<string, string>): number {
  if (!KEPT.has(type) && !SPECIAL.has(type))
    throw new CopyRefusedError(`the archive has a member of the unknown type ${JSON.stringify(type)}`);
  const size = paxSize(records) ?? inHeader;
  if (type !== '0' && size > 0) throw new CopyRefusedError('a member that has no content has some');
  return size;
}

/** `./` and a way down, as our tar writes it. @returns the first name of that way */
function checkPath(name: string, type: string): string | undefined {
  const [here, ...parts] = name.replace(/\/$/, '').split('/');
  const leadsOut = here !== '.' || name.includes('\0') || parts.some((part) => /^\.{0,2}$/.test(part));
  // A name that ends in a slash makes a directory of any member, to some readers.
  if (leadsOut || (name.endsWith('/') && type !== '5'))
    throw new CopyRefusedError(`the archive has a member of the name ${shown(name)}`);
  return parts[0];
}

function shown(name: string): string {
  return JSON.stringify(Buffer.from(name.slice(0, 200), 'latin1').toString('utf8'));
}

const ZERO_BLOCK = Buffer.alloc(BLOCK_BYTES);

function isZero(block: Buffer): boolean {
  return block[0] === 0 && block.equals(ZERO_BLOCK);
}
