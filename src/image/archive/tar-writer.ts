import type { Inode } from './inode-table.js';
import { formatPaxRecord } from './pax-records.js';
import { formatSparseMap } from './sparse-map.js';
import { isDevice, Kind } from './tar-entry.js';
import { BLOCK, FIELD, headerChecksum } from './tar-header.js';
import { fitsOctal, writeOctal } from './tar-number.js';

/** An entry to be written; paths are relative to the root. */
export interface OutgoingEntry {
  readonly path: Buffer;
  readonly inode: Inode;
  /** of the entry that has the inode, when this one is a hard link to it */
  readonly linkTo: Buffer | undefined;
}

const PAX_NAME = Buffer.from('PaxHeader');
const SLASH = Buffer.from('/');
/** Two blocks of zeroes. */
export const END_OF_ARCHIVE = Buffer.alloc(2 * BLOCK);

/**
 * What stands before an entry's data: headers, and a sparse file's map. ustar, with a pax header for what that cannot
 * say; a sparse file in GNU tar's form 1.0. Own work: tar-stream writes names and attributes as UTF-8 text.
 */
export function entryHead({ path, inode, linkTo }: OutgoingEntry): Buffer {
  const isSparse = linkTo === undefined && inode.stretches !== undefined;
  const map = isSparse ? formatSparseMap(withEnd(inode)) : EMPTY;
  const name = inode.kind === Kind.directory ? Buffer.concat([path, SLASH]) : path;
  const target = linkTo ?? inode.linkTarget;
  const size = linkTo === undefined ? map.length + inode.storedBytes : 0;
  const records = paxRecords({ name, target, size, isSparse, isLink: linkTo !== undefined }, inode);
  const header = ustarHeader({
    type: linkTo === undefined ? inode.kind : Kind.hardLink,
    name,
    target,
    size,
    inode,
  });
  if (records.length === 0) return map.length === 0 ? header : Buffer.concat([header, map]);
  const pax = ustarHeader({ type: 'x', name: PAX_NAME, target: EMPTY, size: records.length, inode: PLAIN });
  return Buffer.concat([pax, records, Buffer.alloc(padding(records.length)), header, map]);
}

/** `bytes` after that many of data, up to a whole block */
export function padding(bytes: number): number {
  return (BLOCK - (bytes % BLOCK)) % BLOCK;
}

const EMPTY = Buffer.alloc(0);
const PLAIN = { mode: 0o644, uid: 0, gid: 0, mtimeSeconds: 0, major: 0, minor: 0, kind: Kind.file };

/** As GNU tar has it: a stretch of no bytes at the end tells the size to those who do not look for it elsewhere. */
function withEnd({ stretches = [], bytes }: Inode): { offset: number; length: number }[] {
  return [...stretches.filter(({ length }) => length > 0), { offset: bytes, length: 0 }];
}

interface Written {
  readonly name: Buffer;
  readonly target: Buffer;
  readonly size: number;
  readonly isSparse: boolean;
  readonly isLink: boolean;
}

function paxRecords({ name, target, size, isSparse, isLink }: Written, inode: Inode): Buffer {
  const records: Buffer[] = [];
  const add = (key: string, value: Buffer | string): void => void records.push(formatPaxRecord(key, value));
  if (isSparse) {
    add('GNU.sparse.major', '1');
    add('GNU.sparse.minor', '0');
    add('GNU.sparse.name', name);
    add('GNU.sparse.realsize', `${inode.bytes}`);
  } else if (name.length > FIELD.name.length) add('path', name);
  if (target.length > FIELD.linkTarget.length) add('linkpath', target);
  if (!fitsOctal(size, FIELD.size.length)) add('size', `${size}`);
  if (!fitsOctal(inode.uid, FIELD.uid.length)) add('uid', `${inode.uid}`);
  if (!fitsOctal(inode.gid, FIELD.gid.length)) add('gid', `${inode.gid}`);
  if (inode.mtimeNanoseconds !== 0 || !fitsOctal(inode.mtimeSeconds, FIELD.mtime.length))
    add('mtime', formatTime(inode));
  if (!isLink && inode.xattrs.length > 0) records.push(inode.xattrs);
  return records.length === 0 ? EMPTY : Buffer.concat(records);
}

function formatTime({ mtimeSeconds, mtimeNanoseconds }: Inode): string {
  const isNegative = mtimeSeconds < 0;
  const borrows = isNegative && mtimeNanoseconds > 0;
  const whole = borrows ? -mtimeSeconds - 1 : Math.abs(mtimeSeconds);
  const nanoseconds = borrows ? 1_000_000_000 - mtimeNanoseconds : mtimeNanoseconds;
  return `${isNegative ? '-' : ''}${whole}.${String(nanoseconds).padStart(9, '0')}`;
}

function ustarHeader(entry: {
  type: number | 'x';
  name: Buffer;
  target: Buffer;
  size: number;
  inode: Pick<Inode, 'mode' | 'uid' | 'gid' | 'mtimeSeconds' | 'major' | 'minor' | 'kind'>;
}): Buffer {
  const { inode } = entry;
  const block = Buffer.alloc(BLOCK);
  entry.name.copy(block, FIELD.name.offset, 0, FIELD.name.length);
  entry.target.copy(block, FIELD.linkTarget.offset, 0, FIELD.linkTarget.length);
  const octal = (value: number, field: { offset: number; length: number }): void =>
    writeOctal(block, fitsOctal(value, field.length) ? value : 0, field);
  octal(inode.mode, FIELD.mode);
  octal(inode.uid, FIELD.uid);
  octal(inode.gid, FIELD.gid);
  octal(entry.size, FIELD.size);
  octal(inode.mtimeSeconds, FIELD.mtime);
  if (isDevice(inode.kind)) {
    octal(inode.major, FIELD.major);
    octal(inode.minor, FIELD.minor);
  }
  block.write(String(entry.type), FIELD.type.offset, 'latin1');
  block.write('ustar\x0000', FIELD.magic.offset, 'latin1');
  writeOctal(block, headerChecksum(block).unsigned, { offset: FIELD.checksum.offset, length: 7 });
  block[FIELD.checksum.offset + 7] = 0x20;
  return block;
}
