import { CopyRefusedError } from './copy.errors.js';

/** tar's unit: headers take one block, contents are filled up to whole ones */
export const BLOCK_BYTES = 512;
const MODE = { start: 100, end: 108 };
const SIZE = { start: 124, end: 136 };
const CHECKSUM = { start: 148, end: 156 };
const PERMISSIONS = 0o777;

export interface TarHeader {
  /** `0` file, `1` hard link, `2` symbolic link, `3` `4` devices, `5` directory, `6` fifo, `x` what the next one has besides */
  readonly type: string;
  /** bytes as they came, in latin1 */
  readonly name: string;
  readonly link: string;
  readonly size: number;
  readonly mode: number;
}

/** A POSIX header exactly as GNU tar writes it. @throws CopyRefusedError for any other, so that no two readers can differ */
export function readHeader(block: Buffer): TarHeader {
  if (block.toString('latin1', 257, 265) !== 'ustar\u000000')
    throw new CopyRefusedError('it is no POSIX tar archive');
  if (octal(block, CHECKSUM) !== checksum(block))
    throw new CopyRefusedError('a header of the archive is damaged');
  const prefix = text(block, 345, 500);
  const name = text(block, 0, 100);
  return {
    type: block.toString('latin1', 156, 157),
    name: prefix === '' ? name : `${prefix}/${name}`,
    link: text(block, 157, 257),
    size: octal(block, SIZE),
    mode: octal(block, MODE),
  };
}

/** Takes all but the nine permission bits away, in place. */
export function keepPermissionsOnly(block: Buffer, mode: number): void {
  if ((mode & ~PERMISSIONS) === 0) return;
  block.write(`${(mode & PERMISSIONS).toString(8).padStart(7, '0')}\0`, MODE.start, 'latin1');
  seal(block);
}

/** What such a content takes in the archive: whole blocks. */
export function filledUp(bytes: number): number {
  return Math.ceil(bytes / BLOCK_BYTES) * BLOCK_BYTES;
}

/** Header of an empty file. */
export function emptyFileHeader(name: string): Buffer {
  const block = Buffer.alloc(BLOCK_BYTES);
  block.write(name, 0, 'latin1');
  for (const [start, digits] of [
    [MODE.start, '0000600'],
    [108, '0000000'],
    [116, '0000000'],
    [124, '00000000000'],
    [136, '00000000000'],
  ] as const)
    block.write(`${digits}\0`, start, 'latin1');
  block.write('0', 156, 'latin1');
  block.write('ustar\u000000', 257, 'latin1');
  seal(block);
  return block;
}

function seal(block: Buffer): void {
  block.write(`${checksum(block).toString(8).padStart(6, '0')}\0 `, CHECKSUM.start, 'latin1');
}

/** Sum of the bytes, with those of the sum itself as spaces. */
function checksum(block: Buffer): number {
  let sum = 0;
  for (let index = 0; index < BLOCK_BYTES; index += 1) sum += block[index] ?? 0;
  for (let index = CHECKSUM.start; index < CHECKSUM.end; index += 1) sum += 0x20 - (block[index] ?? 0);
  return sum;
}

function octal(block: Buffer, { start, end }: { start: number; end: number }): number {
  const [, digits] = /^([0-7]+)[ \0]+$/.exec(block.toString('latin1', start, end)) ?? [];
  if (digits === undefined) throw new CopyRefusedError('a number in a header of the archive is none');
  return Number.parseInt(digits, 8);
}

function text(block: Buffer, start: number, end: number): string {
  const written = block.toString('latin1', start, end);
  const nul = written.indexOf('\0');
  return nul < 0 ? written : written.slice(0, nul);
}
