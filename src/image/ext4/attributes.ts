import { Ext4Fault } from './ext4-fault.js';

const MAGIC = 0xea020000;
const ENTRY = 16;
const BLOCK_HEADER = 32;

const PREFIXES: Readonly<Record<number, string>> = {
  1: 'user.',
  2: 'system.posix_acl_access',
  3: 'system.posix_acl_default',
  4: 'trusted.',
  6: 'security.',
  7: 'system.',
};

type Attributes = Map<string, Buffer>;

/** Adds what stands behind an inode's own fields. @param area from its end on */
export function readInodeAttributes(area: Buffer, into: Attributes): void {
  if (area.length < 8 || area.readUInt32LE(0) !== MAGIC) return;
  readEntries(area.subarray(4), 0, into);
}

/** Adds what stands in a block of its own. */
export function readBlockAttributes(block: Buffer, into: Attributes): void {
  if (block.readUInt32LE(0) !== MAGIC) throw new Ext4Fault('a file has damaged attributes');
  readEntries(block, BLOCK_HEADER, into);
}

/** @param area that offsets of values count from the beginning of */
function readEntries(area: Buffer, from: number, into: Attributes): void {
  let at = from;
  while (at + 4 <= area.length && area.readUInt32LE(at) !== 0) {
    if (at + ENTRY > area.length) throw new Ext4Fault('a file has damaged attributes');
    const nameLength = area.readUInt8(at);
    const prefix = PREFIXES[area.readUInt8(at + 1)];
    const offset = area.readUInt16LE(at + 2);
    const size = area.readUInt32LE(at + 8);
    const isElsewhere = area.readUInt32LE(at + 4) !== 0;
    if (isElsewhere || at + ENTRY + nameLength > area.length || offset + size > area.length)
      throw new Ext4Fault('a file has damaged attributes');
    if (prefix !== undefined) {
      const name = `${prefix}${area.toString('latin1', at + ENTRY, at + ENTRY + nameLength)}`;
      const value = area.subarray(offset, offset + size);
      into.set(name, name.startsWith('system.posix_acl') ? accessList(value) : Buffer.from(value));
    }
    at += ENTRY + Math.ceil(nameLength / 4) * 4;
  }
}

const [USER, GROUP] = [0x02, 0x08];

/** As programs see an access list: version 2, and a number in each entry. The disk has version 1. */
function accessList(stored: Buffer): Buffer {
  const parts: Buffer[] = [Buffer.from([2, 0, 0, 0])];
  for (let at = 4; at + 4 <= stored.length;) {
    const tag = stored.readUInt16LE(at);
    const isNamed = tag === USER || tag === GROUP;
    if (isNamed && at + 8 > stored.length) throw new Ext4Fault('a file has a damaged access list');
    const id = Buffer.alloc(4, 0xff);
    if (isNamed) stored.copy(id, 0, at + 4, at + 8);
    parts.push(stored.subarray(at, at + 4), id);
    at += isNamed ? 8 : 4;
  }
  return Buffer.concat(parts);
}
