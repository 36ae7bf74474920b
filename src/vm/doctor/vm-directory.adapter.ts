import { chmod, chown, lstat, readdir, readFile } from 'node:fs/promises';
import type { Stats } from 'node:fs';
import { join } from 'node:path';
import { Injectable } from '@nestjs/common';

export interface FileFacts {
  readonly isDirectory: boolean;
  readonly isFile: boolean;
  readonly isSocket: boolean;
  readonly uid: number;
  readonly gid: number;
  /** permission bits */
  readonly mode: number;
  readonly sizeBytes: number;
}

/** Looks into the directories of VMs. Never follows a link. */
@Injectable()
export class VmDirectories {
  /** undefined when nothing is there, or it cannot be reached */
  async facts(path: string): Promise<FileFacts | undefined> {
    try {
      return toFacts(await lstat(path));
    } catch {
      return undefined;
    }
  }

  /** None when it is not there. */
  async names(path: string): Promise<string[]> {
    return readdir(path).catch(() => []);
  }

  /** undefined when it is not there or cannot be read */
  async text(path: string): Promise<string | undefined> {
    return readFile(path, 'utf8').catch(() => undefined);
  }

  async bytes(path: string): Promise<Buffer | undefined> {
    return readFile(path).catch(() => undefined);
  }

  async setOwner(path: string, uid: number): Promise<void> {
    await chown(path, uid, uid);
  }

  async setAccess(path: string, { mode, gid }: { mode: number; gid?: number | undefined }): Promise<void> {
    await chmod(path, mode);
    if (gid !== undefined) await chown(path, (await lstat(path)).uid, gid);
  }

  path(directory: string, name: string): string {
    return join(directory, name);
  }
}

function toFacts(found: Stats): FileFacts {
  return {
    isDirectory: found.isDirectory(),
    isFile: found.isFile(),
    isSocket: found.isSocket(),
    uid: found.uid,
    gid: found.gid,
    mode: found.mode & 0o777,
    sizeBytes: found.size,
  };
}
