import { chmod, chown, link, open, rm, stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { Injectable } from '@nestjs/common';
import { Config } from '../../core/config/index.js';
import { ProcessRunner } from '../../core/process/index.js';
import { sparseDigest } from '../../host/index.js';

/** `bytes` of a block as stat counts them */
const STAT_BLOCK = 512;
/** VMMs of other users read the disks; what is in the memory is nobody's but the daemon's. */
export const DISK_MODE = 0o444;
export const PRIVATE_MODE = 0o400;
const MAX_KNOWN = 1000;

export interface FileFacts {
  readonly sizeBytes: number;
  /** sha256 over its blocks that are not all zero, each after its number: holes do not count */
  readonly digest: string;
}

/** The files of saved machines: written once, and compared with what they were before they are used. */
@Injectable()
export class SavedFiles {
  /** digests by what tells a file from others, and from what it was before a change */
  readonly #known = new Map<string, string>();

  constructor(
    private readonly config: Config,
    private readonly runner: ProcessRunner,
  ) {}

  /** Nobody writes them from now on: they are the daemon's own, and on the disk in full. By name within their directory. */
  async seal(
    paths: readonly { path: string; mode: number }[],
  ): Promise<{ files: Record<string, FileFacts>; allocatedBytes: number }> {
    const files: Record<string, FileFacts> = {};
    let total = 0;
    const { mode, uid } = this.config.values;
    for (const { path, mode: bits } of paths) {
      await chmod(path, bits);
      if (mode === 'root') await chown(path, uid, uid);
      await this.sync(path);
      const { size, blocks } = await stat(path);
      files[basename(path)] = { sizeBytes: size, digest: await this.#digest(path) };
      total += blocks * STAT_BLOCK;
    }
    return { files, allocatedBytes: total };
  }

  /**
   * What is wrong with one of the files, in words; undefined when they are what they were. A digest that was made of a
   * file is not made again before it looks another: a third of a second the first time, and next to nothing then.
   */
  async problem(directory: string, files: Readonly<Record<string, FileFacts>>): Promise<string | undefined> {
    for (const [name, { sizeBytes, digest }] of Object.entries(files)) {
      const path = `${directory}/${name}`;
      const found = await stat(path).catch(() => undefined);
      if (found === undefined) return `${path} is missing`;
      if (found.size !== sizeBytes) return `${path} does not have the ${sizeBytes} bytes it was made with`;
      if ((await this.#digest(path)) !== digest) return `${path} does not have the content it was made with`;
    }
    return undefined;
  }

  /** Gives a file, which nobody writes, a second name: it is there until the last of its names is gone. */
  async share(from: string, path: string): Promise<void> {
    await rm(path, { force: true });
    await link(from, path);
  }

  /** Writes a file or directory down in full. */
  async sync(path: string): Promise<void> {
    const file = await open(path, 'r');
    try {
      await file.sync();
    } finally {
      await file.close();
    }
  }

  /** `bytes` that would be given back with a file: none while it has another name. */
  async ownBytes(path: string): Promise<number> {
    const { blocks, nlink } = await stat(path);
    return nlink > 1 ? 0 : blocks * STAT_BLOCK;
  }

  async remove(path: string): Promise<void> {
    await rm(path, { force: true });
    await this.sync(dirname(path)).catch(() => undefined);
  }

  async #digest(path: string): Promise<string> {
    const { dev, ino, size, mtimeNs } = await stat(path, { bigint: true });
    const stamp = [dev, ino, size, mtimeNs].join(':');
    const known = this.#known.get(stamp);
    if (known !== undefined) return known;
    const digest = await sparseDigest(path, this.runner);
    this.#known.set(stamp, digest);
    const oldest = this.#known.keys().next();
    if (this.#known.size > MAX_KNOWN && oldest.done !== true) this.#known.delete(oldest.value);
    return digest;
  }
}
