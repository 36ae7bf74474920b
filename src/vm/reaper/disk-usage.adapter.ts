import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Injectable } from '@nestjs/common';

/** `bytes` of a block as stat counts them, whatever the file system's own are */
const STAT_BLOCK = 512;

interface DirectoryEntry {
  readonly name: string;
  readonly isDirectory: boolean;
  readonly changedAt: Date;
}

/** What files really take. */
@Injectable()
export class DiskUsage {
  /** Allocated `bytes` of a file, or of a directory with all that is in it. Follows no link; 0 when there is nothing. */
  async allocated(path: string): Promise<number> {
    try {
      const found = await lstat(path);
      const own = found.blocks * STAT_BLOCK;
      if (!found.isDirectory()) return own;
      const within = (await readdir(path)).map((name) => this.allocated(join(path, name)));
      return (await Promise.all(within)).reduce((sum, bytes) => sum + bytes, own);
    } catch (error) {
      if (isGone(error)) return 0;
      throw error;
    }
  }

  async exists(path: string): Promise<boolean> {
    try {
      await lstat(path);
      return true;
    } catch (error) {
      if (isGone(error)) return false;
      throw error;
    }
  }

  /** What is in a directory; nothing when it is not there. */
  async entries(directory: string): Promise<DirectoryEntry[]> {
    const names = await readdir(directory).catch((error: unknown) => {
      if (isGone(error)) return [];
      throw error;
    });
    const found = await Promise.all(names.map((name) => entryOf(directory, name)));
    return found.filter((entry) => entry !== undefined);
  }
}

/** Undefined when it has gone since it was listed. */
async function entryOf(directory: string, name: string): Promise<DirectoryEntry | undefined> {
  try {
    const found = await lstat(join(directory, name));
    return { name, isDirectory: found.isDirectory(), changedAt: found.mtime };
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}

function isGone(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ENOTDIR';
}
