import { constants } from 'node:fs';
import { access, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { Injectable } from '@nestjs/common';
import { Config } from '../../core/config/index.js';
import { SyncFiles } from './synced-file.js';
import type { RememberedFile, SyncedFile, SyncPlan, SyncRule } from './synced-file.js';

const MAX_FILES = 256;
/** `bytes`; they travel over the control channel, at about 2 MiB a second */
const MAX_TOTAL_BYTES = 2 * 1024 * 1024;
const MAX_DEPTH = 16;
const PERMISSIONS = 0o777;

/** One reading of all rules, within one budget. */
class Reading {
  readonly files: SyncedFile[] = [];
  readonly unread: string[] = [];
  readonly warnings: string[] = [];
  #bytes = 0;

  async rule({ from, to, mode }: SyncRule): Promise<void> {
    const bits = mode === undefined ? undefined : Number.parseInt(mode, 8);
    // as cp has it: a file goes into what is written as a directory, under its own name
    const toFile = to.endsWith('/') ? `${to}${basename(from)}` : to;
    try {
      const facts = await stat(from);
      if (facts.isDirectory()) await this.#directory({ from, to, bits }, 0);
      else await this.#file({ from, to: toFile, bits }, 0);
    } catch (error) {
      // which of the two it was is not known now
      this.unread.push(to, toFile);
      this.warnings.push(`${from} is not copied into the VM: ${reasonOf(error)}`);
    }
  }

  async #directory({ from, to, bits }: Item, depth: number): Promise<void> {
    const entries = await readdir(from, { withFileTypes: true });
    for (const entry of entries.toSorted((one, other) => (one.name < other.name ? -1 : 1))) {
      const item = { from: `${from}/${entry.name}`, to: `${to}/${entry.name}`, bits };
      if (/\p{Cc}/u.test(entry.name)) this.#leaveOut(item, 'its name has control characters');
      else if (entry.isDirectory() && depth < MAX_DEPTH)
        await this.#within(item, () => this.#directory(item, depth + 1));
      else if (entry.isFile()) await this.#within(item, () => this.#file(item, constants.O_NOFOLLOW));
      else this.#leaveOut(item, entry.isSymbolicLink() ? 'it is a link' : 'it is no file');
    }
  }

  /** What goes wrong with one part of a directory does not keep the others back. */
  async #within(item: Item, body: () => Promise<void>): Promise<void> {
    try {
      await body();
    } catch (error) {
      this.#leaveOut(item, reasonOf(error));
    }
  }

  #leaveOut({ from, to }: Item, reason: string): void {
    this.unread.push(to);
    // a directory full of links is one remark too many
    if (this.warnings.length < MAX_FILES)
      this.warnings.push(`${JSON.stringify(from)} is not copied into the VM: ${reason}`);
  }

  async #file({ from, to, bits }: Item, flags: number): Promise<void> {
    if (this.files.length >= MAX_FILES) throw new Limit(`[[file_sync]] copies at most ${MAX_FILES} files`);
    const file = await open(from, constants.O_RDONLY | constants.O_NONBLOCK | flags);
    try {
      const facts = await file.stat();
      if (!facts.isFile()) throw new Limit('it is no file');
      const left = MAX_TOTAL_BYTES - this.#bytes;
      const { buffer, bytesRead } = await readUpTo(file, Math.min(facts.size, left) + 1);
      if (bytesRead > left)
        throw new Limit(`[[file_sync]] copies at most ${MAX_TOTAL_BYTES / 1024} KiB in all`);
      this.#bytes += bytesRead;
      this.files.push({
        path: to,
        content: buffer.subarray(0, bytesRead),
        mode: (bits ?? facts.mode) & PERMISSIONS,
      });
    } finally {
      await file.close();
    }
  }
}

interface Item {
  readonly from: string;
  readonly to: string;
  readonly bits: number | undefined;
}

/** Why a file is left out, in words for the user. */
class Limit extends Error {}

async function readUpTo(
  file: Awaited<ReturnType<typeof open>>,
  limit: number,
): Promise<{ buffer: Buffer; bytesRead: number }> {
  const buffer = Buffer.alloc(limit);
  let bytesRead = 0;
  for (let read = -1; read !== 0 && bytesRead < limit; bytesRead += read) {
    read = (await file.read(buffer, bytesRead, limit - bytesRead, null)).bytesRead;
  }
  return { buffer, bytesRead };
}

function reasonOf(error: unknown): string {
  if (error instanceof Limit) return error.message;
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') return 'it does not exist';
  if (code === 'EACCES' || code === 'EPERM') return 'the daemon may not read it';
  if (code === 'ELOOP') return 'its links go round in a circle';
  if (code === 'ENOTDIR') return 'a part of its path is no directory';
  return message;
}

@Injectable()
export class SyncFilesAdapter extends SyncFiles {
  constructor(private readonly config: Config) {
    super();
  }

  override async read(rules: readonly SyncRule[]): Promise<SyncPlan> {
    const reading = new Reading();
    for (const rule of rules) await reading.rule(rule);
    // of two rules for one place the later one counts
    const byPath = new Map(reading.files.map((file) => [file.path, file]));
    return { files: [...byPath.values()], unread: reading.unread, warnings: reading.warnings };
  }

  override async remembered(vmId: string): Promise<readonly RememberedFile[]> {
    try {
      return JSON.parse(await readFile(this.#path(vmId), 'utf8')) as RememberedFile[];
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    }
  }

  override async remembers(vmId: string): Promise<boolean> {
    return access(this.#path(vmId)).then(
      () => true,
      () => false,
    );
  }

  override async remember(vmId: string, files: readonly RememberedFile[]): Promise<void> {
    const path = this.#path(vmId);
    if (files.length === 0) return rm(path, { force: true });
    await writeFile(`${path}.new`, JSON.stringify(files), { mode: 0o600, flush: true });
    await rename(`${path}.new`, path);
  }

  #path(vmId: string): string {
    return `${this.config.vmDirectory(vmId)}/synced-files.json`;
  }
}
