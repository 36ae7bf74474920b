import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import {
  chmod,
  chown,
  link,
  lstat,
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Injectable } from '@nestjs/common';
import { InternalError } from '../../core/errors/index.js';
import { ImageFiles } from './image-files.js';
import type { FileMeasure } from './image-files.js';

const SECTOR = 512;

@Injectable()
export class DiskImageFiles extends ImageFiles {
  override async exists(path: string): Promise<boolean> {
    return lstat(path).then(
      () => true,
      () => false,
    );
  }

  override read(path: string): Promise<Buffer> {
    return readFile(path);
  }

  override stream(path: string): Readable {
    return createReadStream(path);
  }

  override async write(path: string, content: string | Buffer, mode = 0o644): Promise<void> {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content);
    await chmod(path, mode);
  }

  override async symlink(target: string, path: string): Promise<void> {
    await mkdir(dirname(path), { recursive: true });
    await symlink(target, path);
  }

  override async makeDirectory(path: string): Promise<void> {
    await mkdir(path, { recursive: true });
  }

  override async makePassableDirectory(path: string): Promise<void> {
    await mkdir(path);
    await chmod(path, 0o711);
  }

  override async makeOwnedDirectory(path: string, owner: number | undefined): Promise<void> {
    await mkdir(path, { mode: 0o755 });
    if (owner !== undefined) await chown(path, owner, owner);
  }

  override async takeOver(from: string, to: string): Promise<void> {
    const facts = await lstat(from);
    if (!facts.isFile()) throw new InternalError(`${from} is no file`);
    const [uid, gid] = [process.geteuid?.() ?? facts.uid, process.getegid?.() ?? facts.gid];
    if (facts.uid !== uid) await chown(from, uid, gid);
    await rename(from, to);
  }

  override async truncate(path: string, bytes: number): Promise<void> {
    await truncate(path, bytes);
  }

  override async giveTo(path: string, owner: number | undefined): Promise<void> {
    await chmod(path, 0o600);
    if (owner !== undefined) await chown(path, owner, owner);
  }

  override async list(path: string): Promise<string[]> {
    try {
      return (await readdir(path)).toSorted();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    }
  }

  override async walk(path: string): Promise<string[]> {
    return (await readdir(path, { recursive: true })).toSorted();
  }

  override async remove(path: string): Promise<void> {
    await rm(path, { recursive: true, force: true });
  }

  override async replace(from: string, to: string): Promise<void> {
    await rename(from, to);
    await sync(dirname(to));
  }

  override async seal(directory: string, names: readonly string[], mode: number): Promise<void> {
    for (const name of names) {
      await chmod(join(directory, name), mode);
      await sync(join(directory, name));
    }
    await sync(directory);
  }

  override async link(from: string, to: string): Promise<void> {
    await mkdir(dirname(to), { recursive: true });
    await rm(to, { force: true });
    await link(from, to);
  }

  override async identity(path: string): Promise<string | undefined> {
    try {
      const { dev, ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
      return [dev, ino, size, mtimeNs, ctimeNs].join(':');
    } catch (error) {
      if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
      throw error;
    }
  }

  override async measure(path: string): Promise<FileMeasure | undefined> {
    try {
      const { size, blocks, nlink, ino } = await stat(path);
      return { sizeBytes: size, allocatedBytes: blocks * SECTOR, names: nlink, inode: ino };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }
}

async function sync(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
