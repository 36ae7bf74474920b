import { readBlockAttributes, readInodeAttributes } from './attributes.js';
import type { DiskReader } from './disk-reader.js';
import { Ext4Fault } from './ext4-fault.js';
import { readExtents } from './extents.js';
import type { Extent } from './extents.js';
import type { Superblock } from './superblock.js';

/** The kind in an inode's mode. */
export const TYPE = { fifo: 0x1, directory: 0x4, file: 0x8, symbolicLink: 0xa } as const;

const FLAGS = { encrypted: 0x800, extents: 0x8_0000, inlineData: 0x1000_0000 } as const;
const FIXED = 128;
const MAX_LINK = 4095;

export interface Ext4Inode {
  /** one of {@link TYPE}, or another */
  readonly type: number;
  readonly permissions: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtimeSeconds: number;
  readonly mtimeNanoseconds: number;
  /** names that it has */
  readonly links: number;
  /** `bytes` */
  readonly size: number;
  /** by name */
  readonly attributes: ReadonlyMap<string, Buffer>;
  readonly extents: readonly Extent[];
  /** of a symbolic link */
  readonly target: Buffer;
}

/** Reads the inodes of a file system. What it says of itself is a stranger's word: whatever it points to is checked. */
export class Inodes {
  readonly #tables = new Map<number, number>();

  constructor(
    private readonly disk: DiskReader,
    readonly superblock: Superblock,
  ) {}

  async read(number: number): Promise<Ext4Inode> {
    const raw = await this.#raw(number);
    const mode = raw.readUInt16LE(0);
    const flags = raw.readUInt32LE(32);
    if ((flags & FLAGS.encrypted) !== 0 || (flags & FLAGS.inlineData) !== 0)
      throw new Ext4Fault('a file is encrypted, or has its data where it is not looked for');
    const size = raw.readUInt32LE(4) + raw.readUInt32LE(108) * 2 ** 32;
    if (!Number.isSafeInteger(size)) throw new Ext4Fault('a file has an impossible size');
    const extra = raw.length > FIXED + 2 ? raw.readUInt16LE(FIXED) : 0;
    if (FIXED + extra > raw.length) throw new Ext4Fault('an inode has an impossible size');
    const mtimeExtra = extra >= 12 ? raw.readUInt32LE(136) : 0;
    const type = mode >> 12;
    const isFast = type === TYPE.symbolicLink && (flags & FLAGS.extents) === 0;
    const extents = isFast ? [] : await this.#extents(raw, { type, flags });
    return {
      type,
      permissions: mode & 0o7777,
      uid: raw.readUInt16LE(2) + raw.readUInt16LE(120) * 2 ** 16,
      gid: raw.readUInt16LE(24) + raw.readUInt16LE(122) * 2 ** 16,
      mtimeSeconds: raw.readInt32LE(16) + (mtimeExtra & 3) * 2 ** 32,
      mtimeNanoseconds: Math.min(mtimeExtra >>> 2, 999_999_999),
      links: raw.readUInt16LE(26),
      size,
      attributes: await this.#attributes(raw, FIXED + extra),
      extents,
      target:
        type === TYPE.symbolicLink ? await this.#target(raw, { size, isFast, extents }) : Buffer.alloc(0),
    };
  }

  async #raw(number: number): Promise<Buffer> {
    const { inodeCount, inodesPerGroup, inodeSize } = this.superblock;
    if (number < 1 || number > inodeCount) throw new Ext4Fault(`it names an inode that it does not have`);
    const group = Math.floor((number - 1) / inodesPerGroup);
    const table = this.#tables.get(group) ?? (await this.#table(group));
    return this.disk.read(table + ((number - 1) % inodesPerGroup) * inodeSize, inodeSize);
  }

  async #table(group: number): Promise<number> {
    const { descriptorsAt, descriptorSize, has64Bits, blockSize } = this.superblock;
    const descriptor = await this.disk.read(descriptorsAt + group * descriptorSize, descriptorSize);
    const high = has64Bits ? descriptor.readUInt32LE(40) * 2 ** 32 : 0;
    const table = (high + descriptor.readUInt32LE(8)) * blockSize;
    this.#tables.set(group, table);
    return table;
  }

  async #extents(raw: Buffer, { type, flags }: { type: number; flags: number }): Promise<Extent[]> {
    if (type !== TYPE.file && type !== TYPE.directory && type !== TYPE.symbolicLink) return [];
    if ((flags & FLAGS.extents) === 0)
      throw new Ext4Fault('a file has its blocks listed as older file systems do');
    return readExtents(raw.subarray(40, 100), this.disk, this.superblock.blockSize);
  }

  async #attributes(raw: Buffer, end: number): Promise<Map<string, Buffer>> {
    const found = new Map<string, Buffer>();
    readInodeAttributes(raw.subarray(end), found);
    const block = raw.readUInt32LE(104) + raw.readUInt16LE(118) * 2 ** 32;
    const { blockSize } = this.superblock;
    if (block !== 0) readBlockAttributes(await this.disk.read(block * blockSize, blockSize), found);
    return found;
  }

  async #target(
    raw: Buffer,
    { size, isFast, extents }: { size: number; isFast: boolean; extents: readonly Extent[] },
  ): Promise<Buffer> {
    const [extent] = extents;
    if (size === 0 || size > MAX_LINK || (isFast && size > 60) || (!isFast && extent === undefined))
      throw new Ext4Fault('a symbolic link has an impossible target');
    if (isFast || extent === undefined) return Buffer.from(raw.subarray(40, 40 + size));
    return this.disk.read(extent.at * this.superblock.blockSize, size);
  }
}
