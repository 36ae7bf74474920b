import { createReadStream } from 'node:fs';
import type { Stats } from 'node:fs';
import { constants, lchown, lstat, mkdir, mkdtemp, open, readdir, realpath, stat } from 'node:fs/promises';
import { userInfo } from 'node:os';
import type { Readable } from 'node:stream';
import { Inject, Injectable } from '@nestjs/common';
import { WorkspacePathInvalidError } from '../workspace.errors.js';

/** Directory in which imports work: one that every owner of a repository may write into. */
export const SCRATCH_PARENT = Symbol('SCRATCH_PARENT');

const SCRATCH_PREFIX = 'bgr-import-';
const BLOCK_BYTES = 4096;
const PARALLEL_STATS = 64;

export interface DirectoryFacts {
  readonly path: string;
  readonly uid: number;
  readonly gid: number;
}

/** What the import asks of the host's file system besides git. */
@Injectable()
export class WorkspaceFiles {
  /** the daemon's own account; its home as the host's books have it, whatever the environment says */
  readonly daemon = userInfo();

  constructor(@Inject(SCRATCH_PARENT) private readonly scratchParent: string) {}

  /** The directory itself, links resolved. @throws WorkspacePathInvalidError */
  async resolveDirectory(path: string): Promise<string> {
    if (!path.startsWith('/')) throw new WorkspacePathInvalidError(path, 'the path is not absolute');
    try {
      const resolved = await realpath(path);
      if ((await stat(resolved)).isDirectory()) return resolved;
    } catch (error) {
      throw new WorkspacePathInvalidError(path, reasonOf(error), { cause: error });
    }
    throw new WorkspacePathInvalidError(path, 'it is not a directory');
  }

  /** The directory or the nearest above it that has a `.git`. @param path resolved */
  async findTop(path: string): Promise<DirectoryFacts | undefined> {
    for (let directory = path; ; directory = parentOf(directory)) {
      if (await this.exists(`${directory === '/' ? '' : directory}/.git`)) {
        const { uid, gid } = await stat(directory);
        return { path: directory, uid, gid };
      }
      if (directory === '/') return undefined;
    }
  }

  /** Which index files a git directory has; a split index has shared parts. */
  async indexFiles(gitDirectory: string): Promise<{ index: boolean; sharedIndexes: string[] }> {
    const names = await readdir(gitDirectory);
    return {
      index: names.includes('index'),
      sharedIndexes: names.filter((name) => /^sharedindex\.[0-9a-f]+$/.test(name)),
    };
  }

  /** Of the path itself: a link is `other`, wherever it leads. */
  async kindOf(path: string | Buffer): Promise<'file' | 'directory' | 'other' | undefined> {
    const facts = await statOrUndefined(path);
    if (facts === undefined) return undefined;
    if (facts.isFile()) return 'file';
    return facts.isDirectory() ? 'directory' : 'other';
  }

  async exists(path: string): Promise<boolean> {
    return (await statOrUndefined(path)) !== undefined;
  }

  /** `bytes` that files take on a disk with blocks of 4 KiB. Those that vanish meanwhile count nothing. @param paths latin1 */
  async diskUsage(directory: string, paths: readonly string[]): Promise<number> {
    const prefix = Buffer.from(`${directory}/`);
    let total = 0;
    for (let start = 0; start < paths.length; start += PARALLEL_STATS) {
      const batch = paths.slice(start, start + PARALLEL_STATS);
      const sizes = await Promise.all(
        batch.map(async (path) => {
          const facts = await statOrUndefined(Buffer.concat([prefix, Buffer.from(path, 'latin1')]));
          return facts === undefined || facts.isDirectory() ? 0 : facts.size;
        }),
      );
      for (const size of sizes) total += Math.ceil(size / BLOCK_BYTES) * BLOCK_BYTES;
    }
    return total;
  }

  /** A new directory that only `owner` may enter, with `objects/pack` and `objects/info` in it. */
  async makeScratch(owner: { uid?: number; gid?: number }): Promise<string> {
    const directory = await mkdtemp(`${this.scratchParent}/${SCRATCH_PREFIX}${process.pid}-`);
    const objects = `${directory}/objects`;
    const inner = [objects, `${objects}/pack`, `${objects}/info`];
    for (const path of inner) await mkdir(path, { mode: 0o700 });
    if (owner.uid !== undefined && owner.gid !== undefined) {
      // The outermost last: from then on the owner could put links where the others are.
      for (const path of [...inner, directory]) await lchown(path, owner.uid, owner.gid);
    }
    return directory;
  }

  /** Directories of `makeScratch` that exist, with the daemon that made each. */
  async listScratch(): Promise<{ path: string; pid: number; uid: number; gid: number }[]> {
    const found: { path: string; pid: number; uid: number; gid: number }[] = [];
    for (const name of await readdir(this.scratchParent).catch(() => [])) {
      const pid = new RegExp(`^${SCRATCH_PREFIX}(\\d+)-`).exec(name)?.[1];
      if (pid === undefined) continue;
      const path = `${this.scratchParent}/${name}`;
      const facts = await statOrUndefined(path);
      if (facts?.isDirectory() === true)
        found.push({ path, pid: Number(pid), uid: facts.uid, gid: facts.gid });
    }
    return found;
  }

  /**
   * Reads a file that its owner's git has just written. The owner could have put a link to somebody else's file in
   * its place, which a daemon that is root would read for them: no link is followed, and the file must be theirs.
   */
  async openPack(path: string, owner: { uid?: number }): Promise<{ stream: Readable; bytes: number }> {
    const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const facts = await handle.stat();
    if (!facts.isFile() || (owner.uid !== undefined && facts.uid !== owner.uid) || facts.nlink > 1) {
      await handle.close();
      throw new WorkspacePathInvalidError(path, 'the file of the import was replaced while it was under way');
    }
    return { stream: createReadStream('', { fd: handle, highWaterMark: 262_144 }), bytes: facts.size };
  }
}

function parentOf(directory: string): string {
  return directory.slice(0, directory.lastIndexOf('/')) || '/';
}

async function statOrUndefined(path: string | Buffer): Promise<Stats | undefined> {
  return lstat(path).catch(() => undefined);
}

function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') return 'it does not exist';
  if (code === 'EACCES' || code === 'EPERM') return 'the daemon is not permitted to enter it';
  if (code === 'ENOTDIR') return 'it is not a directory';
  if (code === 'ELOOP') return 'its symbolic links go round in a circle';
  return message;
}
