import { ArchiveFault } from './archive-fault.js';
import { parseNumber } from './tar-number.js';

export const BLOCK = 512;

/** Where the fields of a header are; `bytes` */
export const FIELD = {
  name: { offset: 0, length: 100 },
  mode: { offset: 100, length: 8 },
  uid: { offset: 108, length: 8 },
  gid: { offset: 116, length: 8 },
  size: { offset: 124, length: 12 },
  mtime: { offset: 136, length: 12 },
  checksum: { offset: 148, length: 8 },
  type: { offset: 156, length: 1 },
  linkTarget: { offset: 157, length: 100 },
  magic: { offset: 257, length: 8 },
  major: { offset: 329, length: 8 },
  minor: { offset: 337, length: 8 },
  prefix: { offset: 345, length: 155 },
} as const;

type NumberField = 'mode' | 'uid' | 'gid' | 'size' | 'mtime' | 'major' | 'minor';

const SPACE = 0x20;

/** One block of 512 bytes that begins an entry, its checksum verified. */
export class TarHeader {
  /** the format's letter, `0` where it is NUL as before POSIX */
  readonly type: string;
  /** letter was NUL: only there, a name that ends in a slash makes a directory */
  readonly isOld: boolean;

  constructor(readonly block: Buffer) {
    if (!hasValidChecksum(block))
      throw new ArchiveFault('is no well-formed archive: the checksum of a header does not match');
    const type = block[FIELD.type.offset] ?? 0;
    this.isOld = type === 0;
    this.type = type === 0 ? '0' : String.fromCharCode(type);
  }

  number(field: NumberField): number {
    const { offset, length } = FIELD[field];
    return parseNumber(this.block, offset, length);
  }

  get name(): Buffer {
    const name = textField(this.block, FIELD.name.offset, FIELD.name.length);
    const prefix = this.#prefix();
    return prefix.length === 0 ? name : Buffer.concat([prefix, SLASH, name]);
  }

  get linkTarget(): Buffer {
    return textField(this.block, FIELD.linkTarget.offset, FIELD.linkTarget.length);
  }

  /** GNU tar's old format has other things at the prefix's place, star a shorter one. */
  #prefix(): Buffer {
    if (this.block.toString('latin1', 257, 263) !== 'ustar\0') return EMPTY;
    const isStar = this.block.toString('latin1', 508, 512) === 'tar\0';
    return textField(this.block, FIELD.prefix.offset, isStar ? 131 : FIELD.prefix.length);
  }
}

const SLASH = Buffer.from('/');
const EMPTY = Buffer.alloc(0);

/** Up to the first NUL. */
function textField(block: Buffer, offset: number, length: number): Buffer {
  let end = offset;
  while (end < offset + length && block[end] !== 0) end += 1;
  return block.subarray(offset, end);
}

/** The sum of the header's bytes, those of the sum itself taken as spaces; `signed`: as some old programs added them */
export function headerChecksum(block: Buffer): { unsigned: number; signed: number } {
  const { offset, length } = FIELD.checksum;
  let unsigned = 0;
  let high = 0;
  for (let at = 0; at < BLOCK; at += 1) {
    const byte = at >= offset && at < offset + length ? SPACE : (block[at] ?? 0);
    unsigned += byte;
    high += byte >> 7;
  }
  return { unsigned, signed: unsigned - 256 * high };
}

function hasValidChecksum(block: Buffer): boolean {
  const { unsigned, signed } = headerChecksum(block);
  const stored = parseNumber(block, FIELD.checksum.offset, FIELD.checksum.length);
  return stored === unsigned || stored === signed;
}

export function isZeroBlock(block: Buffer): boolean {
  for (let at = 0; at < BLOCK; at += 1) if (block[at] !== 0) return false;
  return true;
}
