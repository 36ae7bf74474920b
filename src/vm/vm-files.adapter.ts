import { constants } from 'node:fs';
import { access, lstat, mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { Injectable } from '@nestjs/common';
import { printable } from './printable.js';

/** The small files of a VM: written whole, in place at once, never through a link. */
@Injectable()
export class VmFiles {
  /** Replaces a file atomically; `uid` becomes its owner. */
  async write(
    path: string,
    content: Buffer | string,
    options: { mode: number; uid?: number | undefined },
  ): Promise<void> {
    const temporary = `${path}.new`;
    await rm(temporary, { force: true });
    const file = await open(temporary, 'wx', options.mode);
    try {
      try {
        await file.writeFile(content);
        if (options.uid !== undefined) await file.chown(options.uid, options.uid);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(temporary, path);
    } catch (error) {
      // On a full disk the half that was written takes the last of the room.
      await rm(temporary, { force: true });
      throw error;
    }
  }

  async exists(path: string): Promise<boolean> {
    return access(path).then(
      () => true,
      () => false,
    );
  }

  async remove(path: string): Promise<void> {
    await rm(path, { force: true });
  }

  async makePrivateDirectory(path: string): Promise<void> {
    await mkdir(path, { recursive: true, mode: 0o700 });
  }

  /** One that is there stays as it is. */
  async makeDirectory(path: string, mode: number): Promise<void> {
    await mkdir(path, { recursive: true, mode });
  }

  async readIfPresent(path: string): Promise<string | undefined> {
    try {
      return await this.read(path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }

  async read(path: string): Promise<string> {
    return readFile(path, 'utf8');
  }

  /**
   * `bytes` that the files below a directory take on the host's disk: less than their sizes where they have holes, and
   * once for a file that has several names there.
   */
  async allocatedBytes(directory: string): Promise<number> {
    const blocks = new Map<number, number>();
    for (const name of await readdir(directory, { recursive: true })) {
      // One may have gone since the listing.
      const status = await lstat(`${directory}/${name}`).catch(() => undefined);
      if (status?.isFile() === true) blocks.set(status.ino, status.blocks);
    }
    return [...blocks.values()].reduce((sum, count) => sum + count, 0) * 512;
  }

  /** Last `bytes` of a text that a guest may have written: bounded, control characters taken out. '' when there is none. */
  async tail(path: string, bytes: number): Promise<string> {
    let file;
    try {
      file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    } catch {
      return '';
    }
    try {
      const { size } = await file.stat();
      const length = Math.min(size, bytes);
      const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, size - length);
      return printable(buffer.subarray(0, bytesRead).toString('utf8'));
    } finally {
      await file.close();
    }
  }
}
