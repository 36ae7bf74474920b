import { chmod, chown, lstat, open, readdir, readFile } from 'node:fs/promises';
import type { Stats } from 'node:fs';
import { join } from 'node:path';
import { Injectable } from '@nestjs/common';

/** The first bytes of a qcow2 file; its corrupt bit stands within. */
const HEADER_BYTES = 104;
const QCOW2_MAGIC = 0x51_46_49_fb;
const INCOMPATIBLE_FEATURES_AT = 72;
/** QEMU sets it when it finds the file's own tables damaged, and refuses to write from then on */
const CORRUPT_BIT = 2n;

export interface FileFacts {
  readonly isDirectory: boolean;
  readonly isFile: boolean;
  readonly isSocket: boolean;
  readonly uid: number;
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

  /** What is wrong with the head of a qcow2 file; undefined when nothing is. A few bytes are read. */
  async qcow2Problem(path: string): Promise<string | undefined> {
    const header = Buffer.alloc(HEADER_BYTES);
    try {
      const file = await open(path, 'r');
      try {
        const { bytesRead } = await file.read(header, 0, HEADER_BYTES, 0);
        if (bytesRead < HEADER_BYTES) return 'it is cut short';
      } finally {
        await file.close();
      }
    } catch (error) {
      return `it cannot be read (${(error as NodeJS.ErrnoException).code ?? String(error)})`;
    }
    if (header.readUInt32BE(0) !== QCOW2_MAGIC) return 'it does not begin as a qcow2 file does';
    const version = header.readUInt32BE(4);
    if (version !== 2 && version !== 3) return 'its header is damaged';
    if (version === 3 && (header.readBigUInt64BE(INCOMPATIBLE_FEATURES_AT) & CORRUPT_BIT) !== 0n)
      return 'QEMU has marked it as corrupt';
    return undefined;
  }

  async setOwner(path: string, uid: number): Promise<void> {
    await chown(path, uid, uid);
  }

  async setMode(path: string, mode: number): Promise<void> {
    await chmod(path, mode);
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
    mode: found.mode & 0o777,
    sizeBytes: found.size,
  };
}
