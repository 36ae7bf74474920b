import { chmod, chown, lstat, mkdir, realpath, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { Injectable } from '@nestjs/common';
import { Config } from '../../core/config/index.js';
import { InternalError, invariant, StateDirectoryUnusableError } from '../../core/errors/index.js';
import { Ledger } from '../../core/operations/index.js';
import { HostDirectories } from './host-directories.js';
import type { DirectoryOptions } from './host-directories.js';
import { findUntraversable } from './traversable.adapter.js';

/** Lets VMMs, which run as other users in root mode, through without letting them look around. */
const THROUGH = 0o711;
const PRIVATE = 0o700;
const OTHERS_MAY_WRITE = 0o002;
const STATE_VARIABLE = 'BANGER_STATE_DIR';
const RUNTIME_VARIABLE = 'BANGER_RUNTIME_DIR';

@Injectable()
export class LedgerHostDirectories extends HostDirectories {
  constructor(
    private readonly config: Config,
    private readonly ledger: Ledger,
  ) {
    super();
  }

  override async prepareRoots(): Promise<void> {
    const { mode, stateDirectory, runtimeDirectory } = this.config.values;
    await this.#prepareRoot(stateDirectory, STATE_VARIABLE);
    await this.#prepareRoot(runtimeDirectory, RUNTIME_VARIABLE);
    const shared = mode === 'root' ? THROUGH : PRIVATE;
    await this.#prepareShared(this.config.keysDirectory, PRIVATE, STATE_VARIABLE);
    await this.#prepareShared(this.config.imagesDirectory, shared, STATE_VARIABLE);
    await this.#prepareShared(this.config.vmsDirectory, shared, STATE_VARIABLE);
    await this.#prepareShared(this.config.templatesDirectory, shared, STATE_VARIABLE);
    await this.#prepareShared(`${runtimeDirectory}/vm`, shared, RUNTIME_VARIABLE);
    if (mode !== 'root') return;
    for (const path of [stateDirectory, runtimeDirectory]) {
      const closed = await findUntraversable(path);
      if (closed !== undefined) throw untraversable(path, closed);
    }
  }

  override async make(path: string, options: DirectoryOptions): Promise<void> {
    const { owner } = options;
    const place = this.#below(path);
    const entry = await this.ledger.find('directory', place);
    if (entry === undefined) {
      await this.ledger.make({ kind: 'directory', key: place, owner }, () => this.#mkdir(place, options));
      return;
    }
    invariant(
      entry.owner.type === owner.type && entry.owner.id === owner.id,
      `${place} belongs to another owner`,
    );
    await this.#mkdir(place, options);
  }

  override async release(path: string): Promise<void> {
    await this.ledger.release('directory', this.#below(path));
  }

  override async remove(path: string): Promise<void> {
    const place = this.#below(path);
    // the path as written is below a root, but a link among its ancestors could lead out of it
    const parent = await realpathIfPresent(dirname(place));
    if (parent === undefined) return;
    const real = join(parent, basename(place));
    const roots = await Promise.all(this.#roots().map(realpathIfPresent));
    if (!roots.some((root) => root !== undefined && isBelow(real, root))) {
      throw new InternalError(
        `refusing to remove ${place}: it leads to ${real}, outside of banger's directories`,
      );
    }
    // rm takes a link away instead of following it, at the top and further down
    await rm(real, { recursive: true, force: true }).catch((error: unknown) => {
      if (!isMissing(error)) throw error;
    });
  }

  #roots(): string[] {
    return [this.config.values.stateDirectory, this.config.values.runtimeDirectory];
  }

  #below(path: string): string {
    const place = resolve(path);
    invariant(
      this.#roots().some((root) => isBelow(place, root)),
      `${place} is not below the state or the runtime directory`,
    );
    return place;
  }

  async #mkdir(path: string, { mode, uid, gid = uid }: DirectoryOptions): Promise<void> {
    const shared = this.config.values.mode === 'root' ? THROUGH : PRIVATE;
    await mkdir(dirname(path), { recursive: true, mode: shared });
    await mkdirOnce(path);
    await chmod(path, mode);
    if (gid !== undefined) await chown(path, uid ?? this.config.values.uid, gid);
  }

  /** The two roots may be the user's own directories: they are opened, never closed, and must be ours alone. */
  async #prepareRoot(path: string, variable: string): Promise<void> {
    const { mode, uid } = this.config.values;
    await this.#usable(path, variable, async () => {
      await mkdir(path, { recursive: true, mode: mode === 'root' ? THROUGH : PRIVATE });
      const found = await stat(path);
      // a runtime directory below /tmp has a name that others can guess, and make before us
      if (found.uid !== uid || (found.mode & OTHERS_MAY_WRITE) !== 0) throw notOurs(path, uid);
      if (mode === 'root') await chmod(path, found.mode | 0o011);
    });
  }

  async #prepareShared(path: string, mode: number, variable: string): Promise<void> {
    await this.#usable(path, variable, async () => {
      await mkdir(path, { recursive: true, mode });
      await chmod(path, mode);
    });
  }

  async #usable(path: string, variable: string, body: () => Promise<void>): Promise<void> {
    try {
      await body();
    } catch (error) {
      if (error instanceof StateDirectoryUnusableError) throw error;
      throw new StateDirectoryUnusableError(path, {
        reason: error instanceof Error ? error.message : String(error),
        fix: `make it writable for user ${this.config.values.uid}, or name another place with ${variable}`,
        cause: error,
      });
    }
  }
}

async function mkdirOnce(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: PRIVATE });
  } catch (error) {
    // a link or a file in its place would send the chmod and chown that follow somewhere else
    const there = (error as NodeJS.ErrnoException).code === 'EEXIST' && (await lstat(path)).isDirectory();
    if (!there) throw error;
  }
}

async function realpathIfPresent(path: string): Promise<string | undefined> {
  try {
    return await realpath(path);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** ENOTDIR: a file is where one of the ancestors would be, so that nothing can be below it. */
function isMissing(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ENOTDIR';
}

function isBelow(path: string, root: string): boolean {
  return path.startsWith(root === '/' ? root : `${root}/`) && path !== root;
}

function untraversable(path: string, closed: string): StateDirectoryUnusableError {
  return new StateDirectoryUnusableError(path, {
    reason: `${closed} does not let other users through, and each VM runs as a user of its own`,
    fix: `chmod o+x ${closed}, or move the directory elsewhere with BANGER_STATE_DIR and BANGER_RUNTIME_DIR`,
  });
}

function notOurs(path: string, uid: number): StateDirectoryUnusableError {
  return new StateDirectoryUnusableError(path, {
    reason: 'it belongs to another user, or every user may write to it',
    fix: `make it a directory that user ${uid} owns and only that user writes to, or name another place`,
  });
}
