import type { Readable } from 'node:stream';
import { CopyRefusedError } from './copy.errors.js';

/** What a guest says of a source before it sends it. */
export interface GuestSource {
  readonly is: 'file' | 'directory' | 'link' | 'special';
  readonly size: number;
  readonly mode: number;
  /** `bytes` on its disk */
  readonly allocated: number;
  /** seconds with nine decimals */
  readonly modified: string;
}

export interface Announcement {
  readonly sources: readonly GuestSource[];
  /** `file`: nothing follows, the file is to be read by itself */
  readonly follows: 'archive' | 'file';
  /** what came of the archive with it */
  readonly rest: Buffer;
}

const MAX_LINE_BYTES = 200;
const TYPES: Readonly<Record<number, GuestSource['is']>> = {
  0o100: 'file',
  0o040: 'directory',
  0o120: 'link',
};

/** Reads no further than it must. @throws CopyRefusedError @returns undefined when the stream ended before */
export async function readAnnouncement(
  chunks: AsyncIterator<unknown>,
  count: number,
): Promise<Announcement | undefined> {
  let seen = Buffer.alloc(0);
  for (;;) {
    const text = seen.toString('latin1');
    const lines = text.split('\n');
    if (lines.length > count + 1) {
      const used = lines.slice(0, count + 1).join('\n').length + 1;
      return parse(lines.slice(0, count), lines[count] ?? '', seen.subarray(used));
    }
    if (seen.length > MAX_LINE_BYTES * (count + 1)) throw strange();
    const { done, value } = await chunks.next();
    if (done === true) return undefined;
    seen = Buffer.concat([seen, value as Buffer]);
  }
}

function parse(lines: readonly string[], follows: string, rest: Buffer): Announcement {
  if (follows !== 'archive' && follows !== 'file') throw strange();
  return { sources: lines.map(parseSource), follows, rest };
}

/** mode in hex, size, blocks, size of a block, time */
function parseSource(line: string): GuestSource {
  const [matched, mode = '', size, blocks, unit, modified = ''] =
    /^([0-9a-f]{1,8}) (\d{1,15}) (\d{1,15}) (\d{1,6}) (-?\d{1,12}\.\d{9})$/.exec(line) ?? [];
  if (matched === undefined) throw strange();
  const bits = Number.parseInt(mode, 16);
  return {
    is: TYPES[bits >> 9] ?? 'special',
    mode: bits & 0o7777,
    size: Number(size),
    allocated: Number(blocks) * Number(unit),
    modified,
  };
}

function strange(): CopyRefusedError {
  return new CopyRefusedError('what the VM says of the files cannot be understood');
}

/** The chunks of a stream, of which the first have been taken already. */
export async function* continued(rest: Buffer, chunks: AsyncIterator<unknown>): AsyncGenerator<Buffer> {
  if (rest.length > 0) yield rest;
  for (let next = await chunks.next(); next.done !== true; next = await chunks.next())
    yield next.value as Buffer;
}

export function chunksOf(stream: Readable): AsyncIterator<unknown> {
  return stream[Symbol.asyncIterator]();
}
