import type { ByteReader } from './byte-reader.js';
import { DocumentProblem } from './json-checks.js';

/** A file of an archive, whose data follow. */
export interface TarEntry {
  readonly name: string;
  /** of its data in the archive; with the map when it is sparse; `bytes` */
  readonly storedBytes: number;
  /** size of the file when it is sparse, of GNU tar's form 1.0; `bytes` */
  readonly sparseBytes?: number;
}

export const TAR_BLOCK = 512;
const MAX_PAX_BYTES = 8192;
/** GNU tar fills its archives up to 10 KiB, or to what it is told */
const MAX_PADDING_BYTES = 64 * 1024;

interface Header {
  readonly name: string;
  readonly size: number;
  readonly type: string;
}

/**
 * The next file of the archive; undefined after the last. Of what tar archives may hold it knows files and their
 * extended headers, and refuses the rest. By hand, since tar-stream holds a header in memory however long it says it
 * is, and goes on behind the end of the archive. @throws DocumentProblem
 */
export async function nextEntry(reader: ByteReader): Promise<TarEntry | undefined> {
  const first = await readHeader(reader);
  if (first === undefined) return undefined;
  if (first.type !== 'x') return toEntry(first, new Map());
  if (first.size > MAX_PAX_BYTES) throw new DocumentProblem('it has an extended header that is too long');
  const records = parsePax(await reader.exactly(first.size));
  await skipPadding(reader, first.size);
  const header = await readHeader(reader);
  if (header === undefined) throw new DocumentProblem('it ends before it is whole');
  return toEntry(header, records);
}

/** Of what fills an entry's data up to whole blocks. @throws DocumentProblem */
export async function skipPadding(reader: ByteReader, storedBytes: number): Promise<void> {
  await reader.exactly((TAR_BLOCK - (storedBytes % TAR_BLOCK)) % TAR_BLOCK);
}

/** After the last file. @throws DocumentProblem when it has more than zeroes */
export async function readEnd(reader: ByteReader): Promise<void> {
  if (!isZero(await reader.exactly(TAR_BLOCK))) throw new DocumentProblem('its end is damaged');
  let bytes = 0;
  for await (const piece of reader.remainder()) {
    bytes += piece.length;
    if (bytes > MAX_PADDING_BYTES || !isZero(piece)) throw new DocumentProblem('it goes on after its end');
  }
}

async function readHeader(reader: ByteReader): Promise<Header | undefined> {
  const block = await reader.exactly(TAR_BLOCK);
  if (isZero(block)) return undefined;
  if (block.toString('latin1', 257, 262) !== 'ustar') throw new DocumentProblem('it holds no tar archive');
  if (readNumber(block, 148, 8) !== checksum(block)) throw new DocumentProblem('it has a damaged header');
  const type = block.toString('latin1', 156, 157);
  if (type !== 'x' && type !== '0' && type !== '\0')
    throw new DocumentProblem('it holds something that is not a plain file');
  return { name: textOf(block.subarray(0, 100)), size: readNumber(block, 124, 12), type };
}

function toEntry(header: Header, records: ReadonlyMap<string, string>): TarEntry {
  if (header.type === 'x') throw new DocumentProblem('it has two extended headers for one file');
  const storedBytes = records.has('size') ? decimal(records.get('size')) : header.size;
  const sparse = [...records.keys()].some((key) => key.startsWith('GNU.sparse.'));
  if (!sparse) return { name: records.get('path') ?? header.name, storedBytes };
  const name = records.get('GNU.sparse.name');
  if (
    name === undefined ||
    records.get('GNU.sparse.major') !== '1' ||
    records.get('GNU.sparse.minor') !== '0'
  )
    throw new DocumentProblem('it has a sparse file that is not of form 1.0');
  return { name, storedBytes, sparseBytes: decimal(records.get('GNU.sparse.realsize')) };
}

/** `LENGTH KEY=VALUE\n`, the length that of the whole record. */
function parsePax(data: Buffer): Map<string, string> {
  const records = new Map<string, string>();
  for (let at = 0; at < data.length;) {
    const digits = /^(\d{1,5}) /.exec(data.toString('latin1', at, at + 6));
    const end = at + Number(digits?.[1] ?? 0);
    const record = data.toString('utf8', at + (digits?.[0].length ?? 0), end - 1);
    const equals = record.indexOf('=');
    if (
      digits === null ||
      end <= at + digits[0].length ||
      end > data.length ||
      data[end - 1] !== 0x0a ||
      equals < 1
    )
      throw new DocumentProblem('it has a damaged extended header');
    const key = record.slice(0, equals);
    if (records.has(key)) throw new DocumentProblem('it has a damaged extended header');
    records.set(key, record.slice(equals + 1));
    at = end;
  }
  return records;
}

function decimal(text: string | undefined): number {
  const value = /^\d{1,16}$/.test(text ?? '') ? Number(text) : NaN;
  if (!Number.isSafeInteger(value)) throw new DocumentProblem('it has a size that is none');
  return value;
}

/** Octal, or base 256 where that does not suffice. */
function readNumber(block: Buffer, from: number, length: number): number {
  const field = block.subarray(from, from + length);
  let value = NaN;
  if (field[0] === 0x80) value = field.subarray(1).reduce((sum, byte) => sum * 256 + byte, 0);
  else {
    const text = /^ *([0-7]+)[ \0]*$/.exec(field.toString('latin1'))?.[1];
    if (text !== undefined) value = parseInt(text, 8);
  }
  if (!Number.isSafeInteger(value)) throw new DocumentProblem('it has a damaged header');
  return value;
}

function checksum(block: Buffer): number {
  const spaces = 8 * 0x20;
  return block.reduce((sum, byte, index) => (index >= 148 && index < 156 ? sum : sum + byte), spaces);
}

function textOf(field: Buffer): string {
  const end = field.indexOf(0);
  return field.toString('utf8', 0, end === -1 ? field.length : end);
}

function isZero(bytes: Buffer): boolean {
  return bytes.every((byte) => byte === 0);
}
