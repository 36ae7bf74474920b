import { Injectable } from '@nestjs/common';
import { isKind } from '../../core/errors/index.js';
import { ProcessRunner } from '../../core/process/index.js';
import type { RunRequest, RunResult } from '../../core/process/index.js';
import { parseListing } from './ext4-entry.js';
import type { Ext4Entry } from './ext4-entry.js';
import { FileSystemRefusedError } from './filesystem.errors.js';

const TIMEOUT_MS = 30 * 60_000;
const MAX_LISTING_BYTES = 16 * 1024 ** 2;
/** inodes in one run of debugfs */
const BATCH = 1000;
export const ROOT_INODE = 2;

/** A file system in a file that nobody has mounted, and that may be written. */
export interface Ext4Disk {
  readonly path: string;
  /** directory of files that are to be put into it */
  readonly directory: string;
  /** for messages: `root disk` */
  readonly part: string;
  /** name of the image that it is for */
  readonly image: string;
  /** as whom programs read it: what is in it is a stranger's. The daemon's user when undefined */
  readonly owner?: { readonly uid: number; readonly gid: number } | undefined;
  readonly signal: AbortSignal;
}

export interface Ext4Facts {
  readonly sizeBytes: number;
  readonly hasJournal: boolean;
}

/** A file to be put into a file system, root's. */
export interface Ext4File {
  /** inode of the directory that is to have it */
  readonly directory: number;
  /** banger's own, never a guest's: it becomes part of a command */
  readonly name: string;
  /** permission bits */
  readonly mode: number;
  /** name of the file with its content in the disk's directory; a directory is made when undefined */
  readonly from?: string | undefined;
}

/**
 * Looks into ext4 file systems and changes them without mounting them, by the programs of e2fsprogs. No name of a guest's
 * is ever part of a command: what is removed is named by its inode, and `e2fsck` strikes out the entries of what is gone.
 */
@Injectable()
export class Ext4 {
  constructor(private readonly processes: ProcessRunner) {}

  /** @throws FileSystemRefusedError when it is none */
  async facts(disk: Ext4Disk): Promise<Ext4Facts> {
    const { stdout } = await this.#run(disk, 'dumpe2fs', ['-h', disk.path]).catch((error: unknown) => {
      throw this.#refused(disk, error, 'it is no ext4 file system');
    });
    const text = stdout.toString('latin1');
    const number = (name: string): number => Number(new RegExp(`^${name}: +(\\d+)$`, 'm').exec(text)?.[1]);
    const sizeBytes = number('Block count') * number('Block size');
    if (!Number.isSafeInteger(sizeBytes) || sizeBytes <= 0)
      throw this.#refused(disk, undefined, 'its head makes no sense');
    return { sizeBytes, hasJournal: /^Filesystem features: .*\bhas_journal\b/m.test(text) };
  }

  /**
   * Replays its journal, and repairs it where that is needed. @returns whether it was damaged
   * @throws FileSystemRefusedError when it cannot be repaired
   */
  async repair(disk: Ext4Disk): Promise<boolean> {
    if (await this.#check(disk, ['-f', '-p'])) return false;
    await this.settle(disk);
    return true;
  }

  /** Makes it consistent, and forgets the names of what was removed. @throws FileSystemRefusedError */
  async settle(disk: Ext4Disk): Promise<void> {
    // it may say of the first run that another one is needed
    // -D: directories are written anew, without the names of what is gone
    for (let run = 0; run < 3; run += 1) if (await this.#check(disk, ['-f', '-y', '-D'])) return;
    throw this.#refused(disk, undefined, 'it is damaged beyond repair');
  }

  /** Room that nothing takes becomes holes of its file: what was deleted is no longer in it. */
  async discardFree(disk: Ext4Disk): Promise<void> {
    if (!(await this.#check(disk, ['-f', '-y', '-E', 'discard'])))
      throw this.#refused(disk, undefined, 'it is damaged beyond repair');
  }

  /** What a directory has; nothing when it is none. */
  async list(disk: Ext4Disk, directory: number): Promise<Ext4Entry[]> {
    const { stdout, stderrTail } = await this.#run(disk, 'debugfs', [
      '-R',
      `ls -p <${directory}>`,
      disk.path,
    ]);
    const complaint = complaintOf(stderrTail);
    if (complaint !== undefined && !/not a directory/i.test(complaint))
      throw this.#refused(disk, undefined, `it cannot be read (${complaint})`);
    return parseListing(stdout.toString('latin1'));
  }

  /** A file's content. @throws OutputTooLargeError */
  async read(disk: Ext4Disk, inode: number, maxBytes: number): Promise<Buffer> {
    const args = ['-R', `cat <${inode}>`, disk.path];
    return (await this.#run(disk, 'debugfs', args, { maxOutputBytes: maxBytes })).stdout;
  }

  /** Removes what has these inodes, under all of its names; consistent again after {@link settle}. */
  async remove(disk: Ext4Disk, inodes: readonly number[]): Promise<void> {
    for (let from = 0; from < inodes.length; from += BATCH) {
      const commands = inodes
        .slice(from, from + BATCH)
        .flatMap((inode) => [`kill_file <${inode}>`, `clri <${inode}>`]);
      await this.#change(disk, commands);
    }
  }

  /** Puts files into it, where nothing of that name is. */
  async add(disk: Ext4Disk, { directory, name, mode, from }: Ext4File): Promise<void> {
    const type = from === undefined ? 0o040000 : 0o100000;
    const field = (key: string, value: string): string => `set_inode_field ${name} ${key} ${value}`;
    await this.#change(disk, [
      `cd <${directory}>`,
      from === undefined ? `mkdir ${name}` : `write ${from} ${name}`,
      field('mode', `0${(type | mode).toString(8)}`),
      field('uid', '0'),
      field('gid', '0'),
    ]);
  }

  /** Takes the journal away, with what it has of past contents. */
  async dropJournal(disk: Ext4Disk): Promise<void> {
    await this.#run(disk, 'tune2fs', ['-O', '^has_journal', disk.path]);
  }

  async makeJournal(disk: Ext4Disk, bytes: number): Promise<void> {
    await this.#run(disk, 'tune2fs', ['-J', `size=${Math.ceil(bytes / 1024 ** 2)}`, disk.path]);
  }

  /** The least that it could be made; `bytes` */
  async leastBytes(disk: Ext4Disk): Promise<number> {
    const { stdout } = await this.#run(disk, 'resize2fs', ['-P', disk.path]);
    const blocks = Number(/: (\d+)\s*$/.exec(stdout.toString('latin1'))?.[1]);
    const { stdout: head } = await this.#run(disk, 'dumpe2fs', ['-h', disk.path]);
    return blocks * Number(/^Block size: +(\d+)$/m.exec(head.toString('latin1'))?.[1]);
  }

  /** Of the file system; its file keeps its size. */
  async resize(disk: Ext4Disk, bytes: number): Promise<void> {
    await this.#run(disk, 'resize2fs', ['-f', disk.path, `${bytes / 1024}K`]);
  }

  /** Whether it is consistent now. */
  async #check(disk: Ext4Disk, options: readonly string[]): Promise<boolean> {
    try {
      await this.#run(disk, 'e2fsck', [...options, disk.path]);
      return true;
    } catch (error) {
      if (!isKind(error, 'PROCESS_FAILED')) throw error;
      const status = error.details.exitCode ?? 0;
      // 1: it was repaired; 2: likewise, and had it been mounted, that would matter; 4: something is left to repair
      if (status === 1 || status === 2) return true;
      if (status >= 4 && status < 8) return false;
      throw this.#refused(disk, error, 'it is damaged beyond repair, or no ext4 file system');
    }
  }

  async #change(disk: Ext4Disk, commands: readonly string[]): Promise<void> {
    const stdin = commands.map((command) => `${command}\n`).join('');
    const { stderrTail } = await this.#run(disk, 'debugfs', ['-w', '-f', '-', disk.path], { stdin });
    const complaint = complaintOf(stderrTail);
    if (complaint !== undefined)
      throw this.#refused(disk, undefined, `it could not be changed (${complaint})`);
  }

  #run(
    disk: Ext4Disk,
    file: string,
    args: readonly string[],
    more: Pick<RunRequest, 'stdin' | 'maxOutputBytes'> = {},
  ): Promise<RunResult> {
    return this.processes.run({
      file,
      args,
      cwd: disk.directory,
      ...disk.owner,
      signal: disk.signal,
      maxOutputBytes: MAX_LISTING_BYTES,
      ...more,
      timeoutMs: TIMEOUT_MS,
    });
  }

  #refused({ image, part }: Ext4Disk, error: unknown, reason: string): unknown {
    if (error !== undefined && !isKind(error, 'PROCESS_FAILED')) return error;
    return new FileSystemRefusedError({ image, part, reason }, error);
  }
}

/** debugfs ends with status 0 whatever became of its commands, and says its version first. */
function complaintOf(stderrTail: string): string | undefined {
  const lines = stderrTail.split('\n').map((line) => line.trim());
  return lines.find((line) => line !== '' && !/^debugfs \d/.test(line));
}
