import type { FileHandle } from 'node:fs/promises';
import { DaemonLog } from './daemon-log.js';

const POLL_MS = 200;
const BLOCK_BYTES = 64 * 1024;
/** `bytes` read back at most for the last lines */
const TAIL_LIMIT = 32 * 1024 * 1024;

export class DaemonLogAdapter extends DaemonLog {
  override async tail(path: string, lines: number): Promise<string[]> {
    return (await readTails(path, lines)).lines;
  }

  /** By polling: fs.watch misses files that do not exist yet and says nothing on some file systems. */
  override async *follow(path: string, lines: number, signal: AbortSignal): AsyncGenerator<string> {
    const tail = await readTails(path, lines);
    yield* tail.lines;
    let { position, inode } = tail;
    const { setTimeout: sleep } = process.getBuiltinModule('node:timers/promises');
    const { StringDecoder } = process.getBuiltinModule('node:string_decoder');
    // a block may end within a character
    let decoder = new StringDecoder('utf8');
    let partial = '';
    while (!signal.aborted) {
      const read = await readFrom(path, position, inode);
      if (read.restarted) {
        if (read.inode === inode) yield* linesOf(partial + decoder.write(await readOlder(path, position)));
        [decoder, partial] = [new StringDecoder('utf8'), ''];
      }
      ({ position, inode } = read);
      const parts = (partial + decoder.write(read.bytes)).split('\n');
      partial = parts.pop() ?? '';
      yield* parts;
      if (read.bytes.length === 0) await sleep(POLL_MS, undefined, { signal }).catch(() => undefined);
    }
  }
}

interface Tail {
  lines: string[];
  position: number;
  inode: number;
}

async function openIfThere(path: string): Promise<FileHandle | undefined> {
  try {
    const { open } = process.getBuiltinModule('node:fs/promises');
    return await open(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Over the setting aside of the log, if need be. */
async function readTails(path: string, lines: number): Promise<Tail> {
  const tail = await readTail(path, lines);
  const missing = lines - tail.lines.length;
  if (missing === 0) return tail;
  const older = await readTail(olderOf(path), missing);
  return { ...tail, lines: [...older.lines, ...tail.lines] };
}

/** What was written between the last look and the setting aside: the copy has the same positions. */
async function readOlder(path: string, position: number): Promise<Buffer> {
  const file = await openIfThere(olderOf(path));
  if (file === undefined) return Buffer.alloc(0);
  try {
    const { size } = await file.stat();
    const rest = Buffer.alloc(Math.max(0, size - position));
    const { bytesRead } = await file.read(rest, 0, rest.length, position);
    return rest.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/** The daemon copies its log there and empties it when it is large. */
function olderOf(path: string): string {
  return `${path}.1`;
}

function linesOf(text: string): string[] {
  const lines = text.split('\n');
  return lines.at(-1) === '' ? lines.slice(0, -1) : lines;
}

async function readTail(path: string, lines: number): Promise<Tail> {
  const file = await openIfThere(path);
  if (file === undefined) return { lines: [], position: 0, inode: 0 };
  try {
    const { size, ino } = await file.stat();
    const blocks: Buffer[] = [];
    let newlines = 0;
    let start = size;
    while (start > 0 && newlines <= lines && size - start < TAIL_LIMIT) {
      const length = Math.min(BLOCK_BYTES, start);
      start -= length;
      const { buffer } = await file.read(Buffer.alloc(length), 0, length, start);
      blocks.unshift(buffer);
      for (const byte of buffer) if (byte === 10) newlines += 1;
    }
    const bytes = Buffer.concat(blocks);
    // a line still being written is left for the follower
    const complete = bytes.lastIndexOf(10) + 1;
    const all = bytes.subarray(0, complete).toString('utf8').split('\n').slice(0, -1);
    return { lines: lines === 0 ? [] : all.slice(-lines), position: start + complete, inode: ino };
  } finally {
    await file.close();
  }
}

async function readFrom(
  path: string,
  position: number,
  inode: number,
): Promise<{ bytes: Buffer; position: number; inode: number; restarted: boolean }> {
  const file = await openIfThere(path);
  if (file === undefined) return { bytes: Buffer.alloc(0), position: 0, inode: 0, restarted: true };
  try {
    const { size, ino } = await file.stat();
    const restarted = ino !== inode || size < position;
    const start = restarted ? 0 : position;
    const buffer = Buffer.alloc(Math.min(BLOCK_BYTES, size - start));
    const { bytesRead } = await file.read(buffer, 0, buffer.length, start);
    return {
      bytes: buffer.subarray(0, bytesRead),
      position: start + bytesRead,
      inode: ino,
      restarted,
    };
  } finally {
    await file.close();
  }
}
