import { ByteArena } from './byte-arena.js';
import { float64, uint16, uint32, uint8 } from './column.js';
import type { SparseStretch } from './sparse-map.js';
import { isDevice, Kind } from './tar-entry.js';
import type { EntryKind } from './tar-entry.js';

/** All that a file is but its names. Byte strings and maps: empty where there are none. */
export interface Inode {
  readonly kind: EntryKind;
  /** permissions with setuid, setgid and sticky */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtimeSeconds: number;
  readonly mtimeNanoseconds: number;
  /** apparent size; `bytes` */
  readonly bytes: number;
  /** index of the layer that has its data, and where in it; `bytes` */
  readonly layer: number;
  readonly dataOffset: number;
  readonly storedBytes: number;
  readonly linkTarget: Buffer;
  /** as records of a pax header, ready to be written */
  readonly xattrs: Buffer;
  readonly major: number;
  readonly minor: number;
  /** undefined: the file is not sparse */
  readonly stretches: readonly SparseStretch[] | undefined;
}

const EMPTY = Buffer.alloc(0);
const MINOR_VALUES = 2 ** 20;

/** The inodes of a merged image in 57 bytes each. Numbers start at 1. */
export class InodeTable {
  readonly #arena: ByteArena;
  #count = 0;
  readonly #kind = uint8();
  readonly #mode = uint16();
  readonly #layer = uint16();
  readonly #uid = uint32();
  readonly #gid = uint32();
  readonly #mtimeSeconds = float64();
  readonly #mtimeNanoseconds = uint32();
  readonly #bytes = float64();
  readonly #dataOffset = float64();
  readonly #xattrs = uint32();
  /** a link's target or a sparse file's map: handles; a device's number, major * 2^20 + minor */
  readonly #special = uint32();
  /** the first of its names in the order in which they are listed */
  readonly #firstName = uint32();

  constructor(arena: ByteArena) {
    this.#arena = arena;
  }

  add(inode: Inode): number {
    this.#count += 1;
    this.set(this.#count, inode);
    return this.#count;
  }

  set(row: number, inode: Inode): void {
    this.#kind.set(row, inode.kind);
    this.#mode.set(row, inode.mode);
    this.#layer.set(row, inode.layer);
    this.#uid.set(row, inode.uid);
    this.#gid.set(row, inode.gid);
    this.#mtimeSeconds.set(row, inode.mtimeSeconds);
    this.#mtimeNanoseconds.set(row, inode.mtimeNanoseconds);
    this.#bytes.set(row, inode.bytes);
    this.#dataOffset.set(row, inode.dataOffset);
    this.#xattrs.set(row, inode.xattrs.length === 0 ? 0 : this.#arena.put(inode.xattrs));
    this.#special.set(row, this.#specialOf(inode));
  }

  kind(row: number): EntryKind {
    return this.#kind.get(row) as EntryKind;
  }

  linkTarget(row: number): Buffer {
    return this.#arena.get(this.#special.get(row));
  }

  firstName(row: number): number {
    return this.#firstName.get(row);
  }

  setFirstName(row: number, name: number): void {
    this.#firstName.set(row, name);
  }

  get(row: number): Inode {
    const kind = this.kind(row);
    const special = this.#special.get(row);
    const isFile = kind === Kind.file;
    const stretches = isFile && special !== 0 ? parseStretches(this.#arena.get(special)) : undefined;
    const bytes = this.#bytes.get(row);
    const xattrs = this.#xattrs.get(row);
    return {
      kind,
      mode: this.#mode.get(row),
      uid: this.#uid.get(row),
      gid: this.#gid.get(row),
      mtimeSeconds: this.#mtimeSeconds.get(row),
      mtimeNanoseconds: this.#mtimeNanoseconds.get(row),
      bytes,
      layer: this.#layer.get(row),
      dataOffset: this.#dataOffset.get(row),
      storedBytes: stretches === undefined ? bytes : stretches.reduce((sum, { length }) => sum + length, 0),
      linkTarget: kind === Kind.symbolicLink ? this.#arena.get(special) : EMPTY,
      xattrs: xattrs === 0 ? EMPTY : this.#arena.get(xattrs),
      major: isDevice(kind) ? Math.floor(special / MINOR_VALUES) : 0,
      minor: isDevice(kind) ? special % MINOR_VALUES : 0,
      stretches,
    };
  }

  #specialOf(inode: Inode): number {
    if (inode.kind === Kind.symbolicLink) return this.#arena.put(inode.linkTarget);
    if (isDevice(inode.kind)) return inode.major * MINOR_VALUES + inode.minor;
    return inode.stretches === undefined ? 0 : this.#arena.put(formatStretches(inode.stretches));
  }
}

const STRETCH_BYTES = 16;

function formatStretches(stretches: readonly SparseStretch[]): Buffer {
  const bytes = Buffer.alloc(stretches.length * STRETCH_BYTES);
  for (const [index, { offset, length }] of stretches.entries()) {
    bytes.writeDoubleLE(offset, index * STRETCH_BYTES);
    bytes.writeDoubleLE(length, index * STRETCH_BYTES + 8);
  }
  return bytes;
}

function parseStretches(bytes: Buffer): SparseStretch[] {
  return Array.from({ length: bytes.length / STRETCH_BYTES }, (_, index) => ({
    offset: bytes.readDoubleLE(index * STRETCH_BYTES),
    length: bytes.readDoubleLE(index * STRETCH_BYTES + 8),
  }));
}
