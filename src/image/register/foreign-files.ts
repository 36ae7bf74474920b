import { Injectable } from '@nestjs/common';
import { Config } from '../../core/config/index.js';
import { isKind } from '../../core/errors/index.js';
import { ProcessRunner } from '../../core/process/index.js';
import type { RunRequest } from '../../core/process/index.js';
import { ImageFiles } from '../store/image-files.js';
import { TREE_IDS } from '../tree/confinement.js';
import { ForeignFileClosedError, ForeignFileError } from './register.errors.js';
import { HEAD_BYTES } from './rootfs-format.js';

const LOOK_TIMEOUT_MS = 30_000;
/** of what is printed of a file or directory to see what it is */
const MAX_LOOK_BYTES = 16 * 1024 ** 2;
const COPY_TIMEOUT_MS = 60 * 60_000;
const TYPE_BITS = 0o170_000;

export interface ForeignFile {
  readonly path: string;
  readonly kind: 'file' | 'directory';
  /** its first bytes; empty for a directory */
  readonly head: Buffer;
}

/**
 * Files of the host's that are named by whoever talks to the daemon. In root mode they are read as a user who owns
 * nothing, so that the kernel itself says what everybody may read, at the moment when it is read.
 */
@Injectable()
export class ForeignFiles {
  constructor(
    private readonly config: Config,
    private readonly processes: ProcessRunner,
    private readonly files: ImageFiles,
  ) {}

  /** As whom they are read, and programs work on copies of them; the daemon's user when undefined. */
  get reader(): { readonly uid: number; readonly gid: number } | undefined {
    return this.config.values.mode === 'root' ? { uid: TREE_IDS.first, gid: TREE_IDS.first } : undefined;
  }

  /** @param what it is given as: `rootfs` @throws ForeignFileError, ForeignFileClosedError */
  async inspect(path: string, what: string): Promise<ForeignFile> {
    const mode = await this.#look('stat', ['-L', '--printf=%f', '--', path], { path, what });
    const type = Number.parseInt(mode.toString('latin1'), 16) & TYPE_BITS;
    if (type === 0o040_000) {
      await this.#look('ls', ['-U', '--', `${path}/.`], { path, what });
      return { path, kind: 'directory', head: Buffer.alloc(0) };
    }
    // a pipe or a terminal would be waited for
    if (type !== 0o100_000) throw new ForeignFileError(what, path, 'it is neither a file nor a directory');
    const head = await this.#look('head', ['-c', String(HEAD_BYTES), '--', path], { path, what });
    return { path, kind: 'file', head };
  }

  /** @throws ForeignFileError when it is larger */
  async read(path: string, what: string, maxBytes: number): Promise<Buffer> {
    const { kind } = await this.inspect(path, what);
    if (kind !== 'file') throw new ForeignFileError(what, path, 'it is a directory');
    return this.#look('cat', ['--', path], { path, what, maxBytes });
  }

  /** To a file of the reader's, holes where it has zeroes. */
  async copy(path: string, to: string, signal: AbortSignal): Promise<void> {
    await this.make(to);
    await this.run({ file: 'cp', args: ['--sparse=always', '--', path, to], signal });
  }

  /** An empty file of the reader's. */
  async make(path: string): Promise<void> {
    await this.files.write(path, '');
    await this.files.giveTo(path, this.reader?.uid);
  }

  /** Runs a program as the reader. */
  async run(request: Pick<RunRequest, 'file' | 'args' | 'signal'>): Promise<Buffer> {
    const { stdout } = await this.processes.run({
      ...request,
      ...this.reader,
      cwd: '/',
      timeoutMs: COPY_TIMEOUT_MS,
    });
    return stdout;
  }

  async #look(
    file: string,
    args: readonly string[],
    { path, what, maxBytes = MAX_LOOK_BYTES }: { path: string; what: string; maxBytes?: number },
  ): Promise<Buffer> {
    const request = {
      file,
      args,
      ...this.reader,
      cwd: '/',
      timeoutMs: LOOK_TIMEOUT_MS,
      maxOutputBytes: maxBytes,
    };
    try {
      return (await this.processes.run(request)).stdout;
    } catch (error) {
      if (isKind(error, 'LIMIT_EXCEEDED')) throw new ForeignFileError(what, path, 'it is too large for that');
      if (!isKind(error, 'PROCESS_FAILED')) throw error;
      // LANG is C.UTF-8: programs speak English
      if (/permission denied/i.test(error.details.stderrTail))
        throw new ForeignFileClosedError(path, this.config.values.mode, error);
      const gone = /no such file|not a directory/i.test(error.details.stderrTail);
      throw new ForeignFileError(what, path, gone ? 'it is not there' : 'it cannot be read');
    }
  }
}
