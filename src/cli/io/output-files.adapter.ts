import { randomBytes } from 'node:crypto';
import { link, lstat, open, realpath, rename, rm, stat } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { outputFileError, outputFileTaken } from './output-file-error.js';
import { OutputFiles } from './output-files.js';
import type { OutputFile } from './output-files.js';

const MODE = 0o666;
const PERMISSIONS = 0o777;
/** Bytes of the name that stay in the name of the part: with what is put around them a file system takes it. */
const NAME_BYTES = 200;

export class OutputFilesAdapter extends OutputFiles {
  override async create(path: string, { replace }: { readonly replace: boolean }): Promise<OutputFile> {
    try {
      const target = await realpath(path).catch(() => path);
      const facts = await stat(target).catch(() => undefined);
      // A pipe or a device is written to, not replaced.
      if (facts !== undefined && !facts.isFile()) return new Written(path, await open(target, 'w'));
      if (facts !== undefined && !replace) throw outputFileTaken(path);
      const name = Buffer.from(basename(target)).subarray(0, NAME_BYTES).toString('latin1');
      const part = join(dirname(target), `.${name}.${randomBytes(4).toString('hex')}.part`);
      const handle = await open(part, 'wx', MODE);
      if (facts !== undefined) await handle.chmod(facts.mode & PERMISSIONS);
      return new Part(path, handle, { part, target, replace });
    } catch (error) {
      throw outputFileError(path, error);
    }
  }
}

class Written implements OutputFile {
  protected isOpen = true;

  constructor(
    private readonly path: string,
    protected readonly handle: FileHandle,
  ) {}

  async write(chunk: Buffer): Promise<void> {
    await this.attempt(async () => {
      for (let at = 0; at < chunk.length;)
        at += (await this.handle.write(chunk, at, chunk.length - at)).bytesWritten;
    });
  }

  finish(): Promise<void> {
    return this.attempt(() => this.close());
  }

  async discard(): Promise<void> {
    await this.close().catch(() => undefined);
  }

  protected async close(): Promise<void> {
    if (!this.isOpen) return;
    this.isOpen = false;
    await this.handle.close();
  }

  protected async attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      throw outputFileError(this.path, error);
    }
  }
}

/** Beside its place, under another name, until it is whole. */
class Part extends Written {
  constructor(
    path: string,
    handle: FileHandle,
    private readonly names: { part: string; target: string; replace: boolean },
  ) {
    super(path, handle);
  }

  override finish(): Promise<void> {
    return this.attempt(async () => {
      await this.handle.sync();
      await this.close();
      const { part, target, replace } = this.names;
      if (replace) await rename(part, target);
      else await renameIntoNothing(part, target);
    });
  }

  override async discard(): Promise<void> {
    await super.discard();
    await rm(this.names.part, { force: true });
  }
}

/** Unlike a rename this never takes the place of a file that has come meanwhile. */
async function renameIntoNothing(part: string, target: string): Promise<void> {
  try {
    await link(part, target);
    await rm(part);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') throw outputFileTaken(target);
    // FAT and the like have no links
    if (code !== 'EPERM' && code !== 'EOPNOTSUPP') throw error;
    const there = await lstat(target).catch(() => undefined);
    if (there !== undefined) throw outputFileTaken(target);
    await rename(part, target);
  }
}
