import {
  closeSync,
  constants,
  createWriteStream,
  fchmodSync,
  fstatSync,
  ftruncateSync,
  openSync,
  renameSync,
  unlinkSync,
} from 'node:fs';
import type { Writable } from 'node:stream';
import { PART_NAME_BYTES, PART_SUFFIX } from '../../contract/copy-archive.js';
import { bytesOfText } from '../../core/text-bytes.js';
import { textOfBytes } from '../io/text-of-bytes.js';
import { HostCopyFailedError, HostTargetBusyError } from './copy.errors.js';
import { digestOf } from './digest.adapter.js';
import type { PartFile } from './host-files.js';
import { takeLock } from './host-lock.adapter.js';

const PERMISSIONS = 0o777;

/** Opens the part of a file that is to be; an earlier copy's, if there is one. @throws HostTargetBusyError */
export async function openPart(target: string): Promise<PartFile> {
  const slash = target.lastIndexOf('/');
  const directory = slash < 0 ? '.' : target.slice(0, slash) || '/';
  const name = `.${shortened(target.slice(slash + 1))}${PART_SUFFIX}`;
  const release = await takeLock(directory, name);
  if (release === undefined) throw new HostTargetBusyError(target);
  const path = `${directory}/${name}`;
  try {
    return new Part(target, path, open(path), release);
  } catch (error) {
    release();
    throw error;
  }
}

/** A link of that name is none of ours, and is not followed. */
function open(path: string): number {
  const bytes = bytesOfText(path);
  const flags = constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW;
  try {
    return openSync(bytes, flags, 0o600);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ELOOP') throw error;
    unlinkSync(bytes);
    return openSync(bytes, flags, 0o600);
  }
}

function shortened(name: string): string {
  return textOfBytes(bytesOfText(name).subarray(0, PART_NAME_BYTES));
}

class Part implements PartFile {
  readonly size: number;
  #isOpen = true;

  constructor(
    private readonly target: string,
    readonly path: string,
    private readonly fd: number,
    private readonly unlock: () => void,
  ) {
    this.size = fstatSync(fd).size;
  }

  digest(): Promise<string> {
    return digestOf(this.path, this.size);
  }

  append(offset: number): Writable {
    ftruncateSync(this.fd, offset);
    return createWriteStream('', {
      fd: this.fd,
      start: offset,
      autoClose: false,
      highWaterMark: 1024 * 1024,
    });
  }

  finish(mode: number, modified: string): void {
    fchmodSync(this.fd, mode & PERMISSIONS);
    // Node's own times are floating-point numbers, which are too coarse for nanoseconds.
    const { spawnSync } = process.getBuiltinModule('node:child_process');
    // It takes its stdout for the file: not every name can be an argument from here.
    const touch = spawnSync('touch', ['-m', '-d', `@${modified}`, '-'], {
      stdio: ['ignore', this.fd, 'pipe'],
      encoding: 'utf8',
    });
    if (touch.status !== 0)
      throw new HostCopyFailedError('setting the time of the file', 'touch', {
        stderrTail: touch.stderr ?? '',
      });
    renameSync(bytesOfText(this.path), bytesOfText(this.target));
    this.release();
  }

  release(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    // An empty one is nothing to go on with.
    const { size, nlink } = fstatSync(this.fd);
    if (size === 0 && nlink > 0) removeIfOurs(bytesOfText(this.path), this.fd);
    closeSync(this.fd);
    this.unlock();
  }
}

/** After the rename the name is another file's, or nobody's. */
function removeIfOurs(path: Buffer, fd: number): void {
  try {
    const there = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
    const same = fstatSync(there).ino === fstatSync(fd).ino;
    closeSync(there);
    if (same) unlinkSync(path);
  } catch {
    // it has gone
  }
}
