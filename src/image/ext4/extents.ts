import { MAX_STRETCHES } from '../archive/archive-limits.js';
import type { DiskReader } from './disk-reader.js';
import { Ext4Fault } from './ext4-fault.js';

const MAGIC = 0xf30a;
const HEADER = 12;
const ENTRY = 12;
const MAX_DEPTH = 5;
/** A longer one is as much shorter, and reads as zeroes. */
const MAX_LENGTH = 32_768;

/** A stretch of a file that is on the disk; all in blocks. */
export interface Extent {
  /** within the file */
  readonly first: number;
  readonly count: number;
  /** on the disk */
  readonly at: number;
}

/** The extents of a file in their order, those that read as zeroes left out. @param root of its inode */
export async function readExtents(root: Buffer, disk: DiskReader, blockSize: number): Promise<Extent[]> {
  const extents: Extent[] = [];
  let blocks = 0;
  const visit = async (node: Buffer, expected: number | undefined): Promise<void> => {
    const depth = node.readUInt16LE(6);
    const count = node.readUInt16LE(2);
    if (node.readUInt16LE(0) !== MAGIC || HEADER + count * ENTRY > node.length || depth > MAX_DEPTH)
      throw new Ext4Fault('a file has a damaged list of extents');
    if (expected !== undefined && depth !== expected)
      throw new Ext4Fault('a file has lists of extents in a circle');
    for (let index = 0; index < count; index += 1) {
      const entry = node.subarray(HEADER + index * ENTRY, HEADER + (index + 1) * ENTRY);
      if (depth === 0) add(entry);
      else {
        blocks += 1;
        if (blocks > MAX_STRETCHES) throw new Ext4Fault('a file has too many extents');
        const block = entry.readUInt16LE(8) * 2 ** 32 + entry.readUInt32LE(4);
        await visit(await disk.read(block * blockSize, blockSize), depth - 1);
      }
    }
  };
  const add = (entry: Buffer): void => {
    const first = entry.readUInt32LE(0);
    const length = entry.readUInt16LE(4);
    const at = entry.readUInt16LE(6) * 2 ** 32 + entry.readUInt32LE(8);
    const last = extents.at(-1);
    if (length === 0 || (last !== undefined && first < last.first + last.count))
      throw new Ext4Fault('a file has extents that are not in order');
    if (length > MAX_LENGTH) return;
    if (last !== undefined && last.first + last.count === first && last.at + last.count === at)
      extents[extents.length - 1] = { ...last, count: last.count + length };
    else extents.push({ first, count: length, at });
    if (extents.length > MAX_STRETCHES) throw new Ext4Fault('a file has too many extents');
  };
  await visit(root, undefined);
  return extents;
}
