import { MAX_PATH_BYTES } from '../archive/archive-limits.js';
import type { SparseStretch } from '../archive/sparse-map.js';
import { Kind } from '../archive/tar-entry.js';
import type { EntryKind } from '../archive/tar-entry.js';
import { END_OF_ARCHIVE, entryHead, padding } from '../archive/tar-writer.js';
import { xattrRecords } from '../archive/xattr-policy.js';
import type { DiskReader } from './disk-reader.js';
import { Ext4Fault } from './ext4-fault.js';
import { Inodes, TYPE } from './inodes.js';
import type { Ext4Inode } from './inodes.js';
import { readSuperblock } from './superblock.js';

const ROOT = 2;
const CHUNK = 1024 ** 2;
const MAX_ENTRIES = 4_000_000;
/** `bytes`; a directory of a million names has as much */
const MAX_DIRECTORY_BYTES = 64 * 1024 ** 2;

/** Devices and sockets are left out: no tree has any. */
const KINDS: Readonly<Record<number, EntryKind>> = {
  [TYPE.fifo]: Kind.fifo,
  [TYPE.directory]: Kind.directory,
  [TYPE.file]: Kind.file,
  [TYPE.symbolicLink]: Kind.symbolicLink,
};

/**
 * What is in an ext4 file system as a tar archive: owners, modes, times, attributes, links, holes. By hand: without
 * root nobody can mount one, the kernel is no place for a stranger's file system, and debugfs loses links and attributes.
 * @throws Ext4Fault
 */
export async function* ext4Archive(disk: DiskReader): AsyncGenerator<Buffer> {
  const inodes = new Inodes(disk, await readSuperblock(disk));
  const walk = new Walk(disk, inodes);
  yield* walk.directory(ROOT, Buffer.from('.'));
  yield END_OF_ARCHIVE;
}

class Walk {
  readonly #firstPaths = new Map<number, Buffer>();
  readonly #directories = new Set<number>();
  #entries = 0;
  /** of data that may still come: more than the disk has is read twice */
  #bytesLeft: number;

  constructor(
    private readonly disk: DiskReader,
    private readonly inodes: Inodes,
  ) {
    this.#bytesLeft = disk.size;
  }

  async *directory(number: number, path: Buffer): AsyncGenerator<Buffer> {
    if (this.#directories.has(number)) throw new Ext4Fault('a directory is in two places');
    this.#directories.add(number);
    const inode = await this.inodes.read(number);
    if (inode.type !== TYPE.directory) throw new Ext4Fault('it has no root directory');
    yield this.#head(path, inode, Kind.directory);
    for (const entry of await this.#list(inode)) {
      if (number === ROOT && entry.name.toString('latin1') === 'lost+found') continue;
      const child = Buffer.concat([path, Buffer.from('/'), entry.name]);
      if (child.length > MAX_PATH_BYTES) throw new Ext4Fault('a path is too long');
      yield* this.#entry(entry.inode, child);
    }
  }

  async *#entry(number: number, path: Buffer): AsyncGenerator<Buffer> {
    const inode = await this.inodes.read(number);
    const kind = KINDS[inode.type];
    if (kind === undefined) return;
    if (kind === Kind.directory) {
      yield* this.directory(number, path);
      return;
    }
    const linkTo = this.#firstPaths.get(number);
    yield this.#head(path, inode, kind, linkTo);
    if (linkTo !== undefined) return;
    if (inode.links > 1) this.#firstPaths.set(number, path);
    if (kind === Kind.file) yield* this.#content(inode);
  }

  async *#content(inode: Ext4Inode): AsyncGenerator<Buffer> {
    let written = 0;
    const { blockSize } = this.inodes.superblock;
    for (const { first, count, at } of inode.extents) {
      const end = Math.min((first + count) * blockSize, inode.size);
      const total = end - first * blockSize;
      for (let done = 0; done < total; done += CHUNK) {
        const piece = await this.#read(at * blockSize + done, Math.min(CHUNK, total - done));
        written += piece.length;
        yield piece;
      }
    }
    yield Buffer.alloc(padding(written));
  }

  async #list({ size, extents }: Ext4Inode): Promise<{ name: Buffer; inode: number }[]> {
    if (size > MAX_DIRECTORY_BYTES) throw new Ext4Fault('a directory is too large');
    const { blockSize } = this.inodes.superblock;
    const found: { name: Buffer; inode: number }[] = [];
    for (const { first, count, at } of extents) {
      for (let index = 0; index < count && (first + index) * blockSize < size; index += 1) {
        const block = await this.#read((at + index) * blockSize, blockSize);
        for (const entry of entriesOf(block)) found.push(entry);
      }
    }
    this.#entries += found.length;
    if (this.#entries > MAX_ENTRIES) throw new Ext4Fault(`it has more than ${MAX_ENTRIES} entries`);
    return found;
  }

  #head(path: Buffer, inode: Ext4Inode, kind: EntryKind, linkTo?: Buffer): Buffer {
    const isFile = kind === Kind.file;
    const stretches = isFile ? stretchesOf(inode, this.inodes.superblock.blockSize) : undefined;
    const wholeBytes = isFile ? inode.size : 0;
    return entryHead({
      path,
      linkTo,
      inode: {
        kind,
        mode: inode.permissions,
        uid: inode.uid,
        gid: inode.gid,
        mtimeSeconds: inode.mtimeSeconds,
        mtimeNanoseconds: inode.mtimeNanoseconds,
        bytes: wholeBytes,
        layer: 0,
        dataOffset: 0,
        storedBytes: stretches?.reduce((sum, { length }) => sum + length, 0) ?? wholeBytes,
        linkTarget: inode.target,
        xattrs: xattrRecords(inode.attributes),
        major: 0,
        minor: 0,
        stretches,
      },
    });
  }

  #read(offset: number, length: number): Promise<Buffer> {
    this.#bytesLeft -= length;
    if (this.#bytesLeft < 0) throw new Ext4Fault('its files have the same blocks');
    return this.disk.read(offset, length);
  }
}

/** Those of a directory's block, without `.` and `..`; those of an index read as if nothing were there. */
function* entriesOf(block: Buffer): Generator<{ name: Buffer; inode: number }> {
  for (let at = 0; at + 8 <= block.length;) {
    const inode = block.readUInt32LE(at);
    const length = block.readUInt16LE(at + 4);
    const nameLength = block.readUInt8(at + 6);
    if (length < 8 || length % 4 !== 0 || at + length > block.length || nameLength + 8 > length)
      throw new Ext4Fault('a directory is damaged');
    if (inode !== 0) {
      const name = Buffer.from(block.subarray(at + 8, at + 8 + nameLength));
      const text = name.toString('latin1');
      if (text === '' || text.includes('/') || text.includes('\0'))
        throw new Ext4Fault('a directory has a name that cannot be');
      if (text !== '.' && text !== '..') yield { name, inode };
    }
    at += length;
  }
}

/** Undefined when it has no holes; `bytes` */
function stretchesOf({ extents, size }: Ext4Inode, blockSize: number): SparseStretch[] | undefined {
  const stretches = extents
    .map(({ first, count }) => ({
      offset: first * blockSize,
      length: Math.min((first + count) * blockSize, size) - first * blockSize,
    }))
    .filter(({ length }) => length > 0);
  let end = 0;
  for (const { offset, length } of stretches) {
    if (offset !== end) return stretches;
    end += length;
  }
  return end === size ? undefined : stretches;
}
