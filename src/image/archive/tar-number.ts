import { ArchiveFault } from './archive-fault.js';

const SPACE = 0x20;
const ZERO = 0x30;
const SEVEN = 0x37;

/**
 * A number of a header: octal digits, or binary ("base 256") where its first byte has its highest bit set.
 * Empty is 0. @throws ArchiveFault when it is none, or none that JavaScript can count
 */
export function parseNumber(block: Buffer, offset: number, length: number): number {
  const first = block[offset] ?? 0;
  return first >= 0x80 ? parseBinary(block, offset, length) : parseOctal(block, offset, offset + length);
}

function parseOctal(block: Buffer, start: number, end: number): number {
  let at = start;
  while (at < end && isPadding(block[at])) at += 1;
  let value = 0;
  for (; at < end; at += 1) {
    const byte = block[at] ?? 0;
    if (isPadding(byte)) break;
    if (byte < ZERO || byte > SEVEN) throw new ArchiveFault('has a header with a number that is none');
    value = value * 8 + (byte - ZERO);
  }
  return value;
}

function parseBinary(block: Buffer, offset: number, length: number): number {
  const negative = ((block[offset] ?? 0) & 0x40) !== 0;
  let value = (block[offset] ?? 0) & 0x3f;
  if (negative) value -= 0x40;
  for (let at = offset + 1; at < offset + length; at += 1) value = value * 256 + (block[at] ?? 0);
  if (!Number.isSafeInteger(value)) throw new ArchiveFault('has a header with a number that is too large');
  return value;
}

function isPadding(byte: number | undefined): boolean {
  return byte === SPACE || byte === 0;
}

/** Whether the number fits into an octal field of that many bytes, one of them its end. */
export function fitsOctal(value: number, length: number): boolean {
  return value >= 0 && value < 8 ** (length - 1);
}

export function writeOctal(block: Buffer, value: number, field: { offset: number; length: number }): void {
  block.write(value.toString(8).padStart(field.length - 1, '0'), field.offset, 'latin1');
}
