import { ArchiveFault } from './archive-fault.js';
import { MAX_NAME_BYTES, MAX_XATTR_VALUE_BYTES } from './archive-limits.js';
import type { PaxRecord } from './pax-records.js';
import { pairStretches } from './sparse-formats.js';
import type { SparseStretch } from './sparse-map.js';

const XATTR_PREFIX = 'SCHILY.xattr.';
const NANOSECOND_DIGITS = 9;

/** `seconds` since 1970, rounded down; `nanoseconds` to add */
export interface PaxTime {
  readonly seconds: number;
  readonly nanoseconds: number;
}

/** What the records of an extended header say about the entry that follows. An empty value says nothing. */
export class PaxAttributes {
  readonly xattrs = new Map<string, Buffer>();
  readonly #values = new Map<string, Buffer>();
  readonly #sparseNumbers: number[] = [];

  constructor(records: readonly PaxRecord[]) {
    for (const { key, value } of records) {
      if (key.startsWith(XATTR_PREFIX)) this.#addXattr(key.slice(XATTR_PREFIX.length), value);
      else if (key === 'GNU.sparse.offset' || key === 'GNU.sparse.numbytes')
        this.#addSparseNumber(key, decimal(value));
      else if (value.length === 0) this.#values.delete(key);
      else this.#values.set(key, value);
    }
  }

  bytes(key: 'path' | 'linkpath' | 'GNU.sparse.name'): Buffer | undefined {
    const value = this.#values.get(key);
    if (value?.includes(0) === true) throw new ArchiveFault('has a name with a NUL in it');
    return value;
  }

  number(key: 'size' | 'uid' | 'gid'): number | undefined {
    const value = this.#values.get(key);
    return value === undefined ? undefined : decimal(value);
  }

  get mtime(): PaxTime | undefined {
    const value = this.#values.get('mtime');
    return value === undefined ? undefined : parseTime(value.toString('latin1'));
  }

  /** size of a sparse file with its holes, in the key that its form has for it */
  get realBytes(): number | undefined {
    const value = this.#values.get('GNU.sparse.realsize') ?? this.#values.get('GNU.sparse.size');
    return value === undefined ? undefined : decimal(value);
  }

  /** whether the map stands before the data: GNU tar's form 1.0 */
  get hasMapInData(): boolean {
    const major = this.#values.get('GNU.sparse.major')?.toString('latin1');
    const minor = this.#values.get('GNU.sparse.minor')?.toString('latin1');
    if (major === undefined && minor === undefined) return false;
    if (major === '1' && minor === '0') return true;
    if (major === '0' && (minor === '0' || minor === '1')) return false;
    throw new ArchiveFault('is a sparse file of a form that is not known');
  }

  /** The map of the forms 0.0 and 0.1, which stands in the records. */
  get stretches(): SparseStretch[] | undefined {
    const map = this.#values.get('GNU.sparse.map');
    if (map !== undefined)
      return pairStretches(
        map
          .toString('latin1')
          .split(',')
          .map((text) => decimal(Buffer.from(text))),
      );
    const isSparse = this.#sparseNumbers.length > 0 || this.#values.has('GNU.sparse.size');
    return isSparse ? pairStretches(this.#sparseNumbers) : undefined;
  }

  #addXattr(name: string, value: Buffer): void {
    if (name === '' || name.length > MAX_NAME_BYTES || name.includes('\0'))
      throw new ArchiveFault('has an extended attribute whose name is none');
    if (value.length > MAX_XATTR_VALUE_BYTES)
      throw new ArchiveFault(`has an extended attribute of ${value.length} bytes`);
    this.xattrs.set(name, value);
  }

  /** Offset and length come by turns, the offset first. */
  #addSparseNumber(key: string, number: number): void {
    if ((key === 'GNU.sparse.offset') !== (this.#sparseNumbers.length % 2 === 0))
      throw new ArchiveFault('is a sparse file with half a stretch in its map');
    this.#sparseNumbers.push(number);
  }
}

function decimal(value: Buffer): number {
  const text = value.toString('latin1');
  const number = Number(text);
  if (!/^\d{1,16}$/.test(text) || !Number.isSafeInteger(number))
    throw new ArchiveFault('has an extended header with a number that is none, or is too large');
  return number;
}

function parseTime(text: string): PaxTime {
  const [, sign, whole = '', fraction = ''] = /^(-?)(\d{1,16})(?:\.(\d{0,64}))?$/.exec(text) ?? [];
  if (whole === '') throw new ArchiveFault('has an extended header with a time that is none');
  const seconds = Number(whole);
  const nanoseconds = Number(fraction.slice(0, NANOSECOND_DIGITS).padEnd(NANOSECOND_DIGITS, '0'));
  if (sign !== '-') return { seconds, nanoseconds };
  return nanoseconds === 0
    ? { seconds: 0 - seconds, nanoseconds }
    : { seconds: -seconds - 1, nanoseconds: 1_000_000_000 - nanoseconds };
}
