import { randomInt } from 'node:crypto';
import { ArchiveFault } from './archive-fault.js';
import {
  LOOKUP_STEPS_PER_ENTRY,
  MAX_METADATA_BYTES,
  MAX_NAME_BYTES,
  MAX_PATH_BYTES,
  MIN_LOOKUP_STEPS,
} from './archive-limits.js';
import { ByteArena } from './byte-arena.js';
import { uint16, uint32 } from './column.js';
import { InodeTable } from './inode-table.js';
import type { Inode } from './inode-table.js';
import { Kind } from './tar-entry.js';
import type { EntryKind } from './tar-entry.js';

const FIRST_SLOTS = 4096;

/** What a name stands for that no layer lists, but that something stands below. */
const IMPLICIT_DIRECTORY: Inode = {
  kind: Kind.directory,
  mode: 0o755,
  uid: 0,
  gid: 0,
  mtimeSeconds: 0,
  mtimeNanoseconds: 0,
  bytes: 0,
  layer: 0,
  dataOffset: 0,
  storedBytes: 0,
  linkTarget: Buffer.alloc(0),
  xattrs: Buffer.alloc(0),
  major: 0,
  minor: 0,
  stretches: undefined,
};

/**
 * The names of a merged image, in 38 bytes each and the name itself, so that a million fit into memory. Names have
 * numbers from 1, which is the root; a name that was removed keeps its number, and another of the same name gets a new one.
 *
 * Hiding takes a moment however much lies below. Each name knows the last layer that had something at or below it
 * (`touched`), each directory the last one that hid what lower layers have in it (`opaque`), and a name is there as long
 * as the first is not below the second. What a directory hides is handed down when a name in it is looked up.
 */
export class RootTree {
  static readonly ROOT = 1;
  readonly inodes: InodeTable;
  readonly #arena = new ByteArena(MAX_METADATA_BYTES);
  readonly #maxNames: number;
  #names = 0;
  #layer = 0;
  #steps = 0;
  readonly #maxSteps: number;
  readonly #inode = uint32();
  readonly #parent = uint32();
  readonly #name = uint32();
  readonly #hash = uint32();
  readonly #firstChild = uint32();
  readonly #lastChild = uint32();
  readonly #next = uint32();
  readonly #pathBytes = uint16();
  readonly #touched = uint16();
  readonly #opaque = uint16();
  /** open addressing over (parent, name); a power of two, at most half of it in use */
  #slots = new Uint32Array(FIRST_SLOTS);
  /** keeps names from being chosen so that they collide */
  readonly #seed = randomInt(2 ** 32);

  constructor(maxNames: number) {
    this.#maxNames = maxNames;
    this.#maxSteps = Math.max(maxNames * LOOKUP_STEPS_PER_ENTRY, MIN_LOOKUP_STEPS);
    this.inodes = new InodeTable(this.#arena);
    this.#names = RootTree.ROOT;
    this.#inode.set(RootTree.ROOT, this.inodes.add(IMPLICIT_DIRECTORY));
    this.#parent.set(RootTree.ROOT, RootTree.ROOT);
  }

  /** From here on, what is added is of this layer: 0, 1, … from the bottom. */
  beginLayer(layer: number): void {
    this.#layer = layer + 1;
  }

  /** names that were ever added */
  get names(): number {
    return this.#names;
  }

  parent(name: number): number {
    return this.#parent.get(name);
  }

  inode(name: number): number {
    return this.#inode.get(name);
  }

  kind(name: number): EntryKind {
    return this.inodes.kind(this.#inode.get(name));
  }

  bytesOf(name: number): Buffer {
    return this.#arena.get(this.#name.get(name));
  }

  /** What the directory has under that name, the bytes of `path` from `start` to `end`; 0: nothing. */
  child(directory: number, path: Buffer, start: number, end: number): number {
    return this.#visible(directory, this.#slots[this.#slotOf(directory, path, start, end)] ?? 0);
  }

  /** Whatever was there under that name is gone. @throws ArchiveFault when the tree has as many names as are allowed */
  add(directory: number, path: Buffer, range: { start: number; end: number }, inode: number): number {
    const length = range.end - range.start;
    if (length > MAX_NAME_BYTES) throw new ArchiveFault(`has a name of ${length} bytes`);
    const pathBytes = this.#pathBytes.get(directory) + length + 1;
    if (pathBytes > MAX_PATH_BYTES) throw new ArchiveFault('lies deeper than any path leads');
    if (this.#names >= this.#maxNames)
      throw new ArchiveFault(`is one more than the ${this.#maxNames} entries allowed`);
    this.#growSlots();
    const slot = this.#slotOf(directory, path, range.start, range.end);
    const old = this.#slots[slot] ?? 0;
    this.#names += 1;
    const name = this.#names;
    this.#name.set(
      name,
      old === 0 ? this.#arena.put(path.subarray(range.start, range.end)) : this.#name.get(old),
    );
    if (old !== 0) this.remove(old);
    this.#slots[slot] = name;
    this.#hash.set(name, this.#hashOf(directory, path, range.start, range.end));
    this.#inode.set(name, inode);
    this.#parent.set(name, directory);
    this.#pathBytes.set(name, pathBytes);
    this.#touched.set(name, this.#layer);
    this.#opaque.set(name, this.#opaque.get(directory));
    this.#append(directory, name);
    return name;
  }

  addImplicit(directory: number, path: Buffer, range: { start: number; end: number }): number {
    return this.add(directory, path, range, this.inodes.add(IMPLICIT_DIRECTORY));
  }

  /** Something of the present layer is at or below it. */
  touch(name: number): void {
    this.#touched.set(name, this.#layer);
  }

  remove(name: number): void {
    this.#inode.set(name, 0);
  }

  /** What lower layers have at this name is gone, what the present one has at or below it stays. */
  hideLower(name: number): void {
    if (this.#touched.get(name) < this.#layer) this.remove(name);
    else if (this.kind(name) === Kind.directory) this.#opaque.set(name, this.#layer);
  }

  /** What lower layers have in this directory is gone. */
  hideLowerChildren(directory: number): void {
    this.touch(directory);
    this.#opaque.set(directory, this.#layer);
  }

  /** Of looking something up. @throws ArchiveFault when the image has taken too many of them */
  countStep(): void {
    this.#steps += 1;
    if (this.#steps > this.#maxSteps) throw new ArchiveFault('takes too long to find in the image’s tree');
  }

  /** The names in a directory, in the order in which they came; 0 ends them. */
  firstChild(directory: number): number {
    return this.#skipHidden(directory, this.#firstChild.get(directory));
  }

  nextChild(name: number): number {
    return this.#skipHidden(this.#parent.get(name), this.#next.get(name));
  }

  #skipHidden(directory: number, first: number): number {
    let name = first;
    while (name !== 0 && this.#visible(directory, name) === 0) name = this.#next.get(name);
    return name;
  }

  #visible(directory: number, name: number): number {
    if (name === 0 || this.#inode.get(name) === 0) return 0;
    const opaque = this.#opaque.get(directory);
    if (this.#touched.get(name) < opaque) return 0;
    if (this.#opaque.get(name) < opaque) this.#opaque.set(name, opaque);
    return name;
  }

  #append(directory: number, name: number): void {
    const last = this.#lastChild.get(directory);
    if (last === 0) this.#firstChild.set(directory, name);
    else this.#next.set(last, name);
    this.#lastChild.set(directory, name);
  }

  /** The slot that has the name, or the empty one where it would be. */
  #slotOf(directory: number, path: Buffer, start: number, end: number): number {
    const hash = this.#hashOf(directory, path, start, end);
    const mask = this.#slots.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      this.#steps += 1;
      if (this.#steps > this.#maxSteps) throw new ArchiveFault('takes too long to find in the image’s tree');
      const name = this.#slots[slot] ?? 0;
      const isSame =
        name === 0 ||
        (this.#hash.get(name) === hash &&
          this.#parent.get(name) === directory &&
          this.#arena.equals(this.#name.get(name), path, start, end));
      if (isSame) return slot;
    }
  }

  /** FNV-1a, its bits mixed as at the end of murmur3 */
  #hashOf(directory: number, path: Buffer, start: number, end: number): number {
    let hash = Math.imul(this.#seed ^ directory, 0x9e3779b1);
    for (let at = start; at < end; at += 1) hash = Math.imul(hash ^ (path[at] ?? 0), 0x01000193);
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    return (hash ^ (hash >>> 16)) >>> 0;
  }

  #growSlots(): void {
    if (this.#names * 2 < this.#slots.length) return;
    const old = this.#slots;
    this.#slots = new Uint32Array(old.length * 2);
    const mask = this.#slots.length - 1;
    for (const name of old) {
      if (name === 0) continue;
      let slot = this.#hash.get(name) & mask;
      while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
      this.#slots[slot] = name;
    }
  }
}
