import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { StringDecoder } from 'node:string_decoder';
import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { ConsoleReader } from './console-reader.js';
import type { ConsolePiece } from './console-reader.js';

const PIECE_BYTES = 64 * 1024;
const POLL_MS = 200;
/** end of what was read, looked for when the writer has cut the file: enough to be found once only */
const ANCHOR_BYTES = 256;
const NEWLINE = 10;

interface Place {
  inode: number;
  position: number;
  anchor: Buffer;
}

/**
 * By polling: fs.watch misses files that are replaced, and says nothing on some file systems. The reader rests while
 * nobody takes its pieces; what is cut off in the meantime is lost to it, as it is to the file.
 */
@Injectable()
export class FileConsoleReader extends ConsoleReader {
  override async *read(
    path: string,
    options: { lines: number | undefined; follow?: AbortSignal; isOver?: () => Promise<boolean> },
  ): AsyncGenerator<ConsolePiece> {
    const { follow, isOver } = options;
    let decoder = new StringDecoder('utf8');
    let place = await startingPlace(path, options.lines);
    let isFirst = true;
    for (;;) {
      const step = await readOn(path, place);
      const restarted = step.restarted && !isFirst;
      isFirst = false;
      if (restarted) decoder = new StringDecoder('utf8');
      place = step.place;
      const text = decoder.write(step.bytes);
      if (text !== '' || restarted) yield { text, ...(restarted && { restarted }) };
      if (step.bytes.length > 0) continue;
      if (follow === undefined || follow.aborted) return;
      if (step.isMissing && (await isOver?.()) === true) return;
      await sleep(POLL_MS, undefined, { signal: follow }).catch(() => undefined);
      if (follow.aborted) return;
    }
  }
}

/** Where the last lines begin. */
async function startingPlace(path: string, lines: number | undefined): Promise<Place> {
  const file = await openIfThere(path);
  if (file === undefined) return { inode: 0, position: 0, anchor: Buffer.alloc(0) };
  try {
    const { size, ino } = await file.stat();
    const position = lines === undefined ? 0 : await beginningOfLast(file, size, lines);
    return { inode: ino, position, anchor: await bytesBefore(file, position) };
  } finally {
    await file.close();
  }
}

/** Counts newlines from the end; one that ends the file ends its last line. */
async function beginningOfLast(file: FileHandle, size: number, lines: number): Promise<number> {
  if (lines === 0) return size;
  let left = lines;
  for (let end = size; end > 0; end -= PIECE_BYTES) {
    const start = Math.max(0, end - PIECE_BYTES);
    const { buffer } = await file.read(Buffer.alloc(end - start), 0, end - start, start);
    for (let index = buffer.length - 1; index >= 0; index -= 1) {
      if (buffer[index] !== NEWLINE || start + index === size - 1) continue;
      left -= 1;
      if (left === 0) return start + index + 1;
    }
  }
  return 0;
}

async function readOn(
  path: string,
  place: Place,
): Promise<{ bytes: Buffer; place: Place; restarted: boolean; isMissing: boolean }> {
  const file = await openIfThere(path);
  if (file === undefined) return { bytes: Buffer.alloc(0), place, restarted: false, isMissing: true };
  try {
    const { size, ino } = await file.stat();
    const restarted = ino !== place.inode;
    const position = restarted
      ? 0
      : size < place.position
        ? await afterAnchor(file, size, place)
        : place.position;
    const length = Math.max(0, Math.min(PIECE_BYTES, size - position));
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position);
    const bytes = buffer.subarray(0, bytesRead);
    const anchor = Buffer.concat([restarted ? Buffer.alloc(0) : place.anchor, bytes]).subarray(-ANCHOR_BYTES);
    return {
      bytes,
      place: { inode: ino, position: position + bytesRead, anchor },
      restarted,
      isMissing: false,
    };
  } finally {
    await file.close();
  }
}

/** The writer has dropped the older half: what was read last is now further ahead, or gone. */
async function afterAnchor(file: FileHandle, size: number, { anchor }: Place): Promise<number> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(size), 0, size, 0);
  const found = anchor.length === 0 ? -1 : buffer.subarray(0, bytesRead).lastIndexOf(anchor);
  return found < 0 ? 0 : found + anchor.length;
}

async function bytesBefore(file: FileHandle, position: number): Promise<Buffer> {
  const length = Math.min(ANCHOR_BYTES, position);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position - length);
  return buffer.subarray(0, bytesRead);
}

/** Never through a link, and never waits for the other end of a pipe. */
async function openIfThere(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
