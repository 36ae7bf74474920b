import {
  appendFileSync,
  closeSync,
  constants,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  statSync,
  truncateSync,
} from 'node:fs';
import { copyFile, rm, stat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { pino } from 'pino';

/** Past this the log is set aside and begun anew. */
const MAX_LOG_BYTES = 16 * 1024 * 1024;
/** Lines kept for a disk that takes none now, written when it does again; further ones are lost. `bytes` */
const MAX_UNWRITTEN_BYTES = 256 * 1024;
/** What setting aside leaves free at least: guests are halted on a full disk. `bytes` */
const SPARE_BYTES = 64 * 1024 * 1024;

/** @param dest a path, or the number of an open file */
export function openStream(dest: string | number): ReturnType<typeof pino.destination> {
  const stream = pino.destination({
    dest,
    sync: true,
    mkdir: true,
    mode: 0o600,
    maxLength: MAX_UNWRITTEN_BYTES,
  });
  // A disk that is full, or fails, costs lines of the log; without a listener it would end the daemon.
  stream.on('error', () => undefined);
  return stream;
}

/** The daemon's log: a file that is bounded, and its predecessor with `.1` at the end of its name. */
export class LogFile {
  readonly stream: ReturnType<typeof openStream>;
  readonly #older: string;

  constructor(
    private readonly path: string,
    private readonly maxBytes = MAX_LOG_BYTES,
  ) {
    this.stream = openStream(path);
    this.#older = `${path}.1`;
  }

  /** Sets the log aside when it is large, and makes it anew when it was taken away. Throws what the disk refuses. */
  async keep(): Promise<void> {
    const found = await stat(this.path).catch(ignoreMissing);
    if (found?.ino !== fstatSync(descriptorOf(this.stream)).ino) this.#makeAgain();
    else if (found.size > this.maxBytes) await this.#setAside(found.size);
  }

  /**
   * Copied and then emptied, not renamed: the daemon's standard error is this file too, opened by whoever started it,
   * and a crash must not tell its reason to a file that is deleted. All who write here append.
   */
  async #setAside(size: number): Promise<void> {
    // The log may then grow by what is free, and no more.
    if ((await freeBytes(this.path)) < size + SPARE_BYTES) return;
    const copy = `${this.#older}.new`;
    try {
      await copyFile(this.path, copy, constants.COPYFILE_FICLONE);
      // at once, so that this thread, which logs, logs nothing in between
      appendFileSync(copy, readFrom(this.path, statSync(copy).size));
      renameSync(copy, this.#older);
      truncateSync(this.path);
    } catch (error) {
      await rm(copy, { force: true, recursive: true });
      throw error;
    }
  }

  /** What is logged would go into a file that nobody can open. */
  #makeAgain(): void {
    const directory = dirname(this.path);
    // not the state directory above it: others know how that has to be
    if (!existsSync(directory)) mkdirSync(directory, { mode: 0o700 });
    // Tried first: a reopen() that fails leaves pino with a listener that later closes another's descriptor.
    closeSync(openSync(this.path, 'a', 0o600));
    this.stream.reopen();
  }
}

/** pino's types leave it out. */
function descriptorOf(stream: object): number {
  return (stream as { fd: number }).fd;
}

function ignoreMissing(error: unknown): undefined {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
}

async function freeBytes(path: string): Promise<number> {
  const { bavail, bsize } = await statfs(path);
  return bavail * bsize;
}

function readFrom(path: string, position: number): Buffer {
  const file = openSync(path, 'r');
  try {
    const rest = Buffer.alloc(Math.max(0, fstatSync(file).size - position));
    return rest.subarray(0, readSync(file, rest, 0, rest.length, position));
  } finally {
    closeSync(file);
  }
}
