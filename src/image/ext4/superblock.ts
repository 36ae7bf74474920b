import type { DiskReader } from './disk-reader.js';
import { Ext4Fault } from './ext4-fault.js';

const OFFSET = 1024;
const BYTES = 1024;
const MAGIC = 0xef53;

/** Features that change what is read. */
const FEATURES = { journal: 0x4, bits64: 0x80 } as const;
/** Of all that must be understood: file types, extents, 64 bit, MMP, flex_bg, checksum seed, large directories, casefold. */
const UNDERSTOOD = 0x2 | 0x40 | FEATURES.bits64 | 0x100 | 0x200 | 0x2000 | 0x4000 | 0x20000;

export interface Superblock {
  /** `bytes` */
  readonly blockSize: number;
  readonly inodeSize: number;
  readonly inodeCount: number;
  readonly inodesPerGroup: number;
  /** where the descriptors of groups begin; `bytes` */
  readonly descriptorsAt: number;
  readonly descriptorSize: number;
  readonly has64Bits: boolean;
}

/** @throws Ext4Fault when it is none, was not left in order, or has what is not understood */
export async function readSuperblock(disk: DiskReader): Promise<Superblock> {
  const block = await disk.read(OFFSET, BYTES);
  if (block.readUInt16LE(56) !== MAGIC) throw new Ext4Fault('it is no ext4 file system');
  const features = block.readUInt32LE(96);
  if ((features & FEATURES.journal) !== 0)
    throw new Ext4Fault('it was not left in order: its journal has something that is not in it yet');
  if ((features & ~UNDERSTOOD) !== 0)
    throw new Ext4Fault(`it has features that are not understood (${(features & ~UNDERSTOOD).toString(16)})`);
  const logBlockSize = block.readUInt32LE(24);
  if (logBlockSize > 6) throw new Ext4Fault('its blocks have an impossible size');
  const blockSize = 1024 * 2 ** logBlockSize;
  const has64Bits = (features & FEATURES.bits64) !== 0;
  const facts = {
    blockSize,
    inodeSize: block.readUInt16LE(88),
    inodeCount: block.readUInt32LE(0),
    inodesPerGroup: block.readUInt32LE(40),
    descriptorsAt: (block.readUInt32LE(20) + 1) * blockSize,
    descriptorSize: has64Bits ? block.readUInt16LE(254) : 32,
    has64Bits,
  };
  const { inodeSize, descriptorSize, inodesPerGroup } = facts;
  if (inodeSize < 128 || inodeSize > blockSize || inodesPerGroup === 0)
    throw new Ext4Fault('its inodes have an impossible size');
  if (descriptorSize < (has64Bits ? 64 : 32) || descriptorSize > 1024)
    throw new Ext4Fault('its groups have an impossible size');
  return facts;
}
