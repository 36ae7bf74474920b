import { ArchiveFault } from './archive-fault.js';

/** `key` as latin1 text: one character a byte */
export interface PaxRecord {
  readonly key: string;
  readonly value: Buffer;
}

const SPACE = 0x20;
const EQUALS = 0x3d;
const NEWLINE = 0x0a;
const ZERO = 0x30;
/** Longest length of a record: headers are bounded to less. */
const MAX_DIGITS = 8;

/** The records `LENGTH KEY=VALUE\n` of an extended header, in their order. @throws ArchiveFault */
export function parsePaxRecords(data: Buffer): PaxRecord[] {
  const records: PaxRecord[] = [];
  let at = 0;
  while (at < data.length) {
    const { length, start } = recordLength(data, at);
    const end = at + length;
    const equals = data.indexOf(EQUALS, start);
    if (end > data.length || data[end - 1] !== NEWLINE || equals <= start || equals >= end) throw malformed();
    records.push({ key: data.toString('latin1', start, equals), value: data.subarray(equals + 1, end - 1) });
    at = end;
  }
  return records;
}

/** `start`: where the key begins */
function recordLength(data: Buffer, at: number): { length: number; start: number } {
  let length = 0;
  for (let digit = at; digit < at + MAX_DIGITS; digit += 1) {
    const byte = data[digit] ?? 0;
    if (byte === SPACE && digit > at) return { length, start: digit + 1 };
    if (byte < ZERO || byte > ZERO + 9) break;
    length = length * 10 + byte - ZERO;
  }
  throw malformed();
}

function malformed(): ArchiveFault {
  return new ArchiveFault('has a malformed extended header');
}

export function formatPaxRecord(key: string, value: Buffer | string): Buffer {
  const content = typeof value === 'string' ? Buffer.from(value, 'latin1') : value;
  // the length counts its own digits
  const rest = key.length + content.length + 3;
  let length = rest + String(rest).length;
  if (rest + String(length).length !== length) length = rest + String(length).length;
  return Buffer.concat([Buffer.from(`${length} ${key}=`, 'latin1'), content, Buffer.from('\n')]);
}
