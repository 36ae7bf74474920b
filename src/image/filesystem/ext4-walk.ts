import { ROOT_INODE } from './ext4.js';
import type { Ext4, Ext4Disk } from './ext4.js';
import type { Ext4Entry } from './ext4-entry.js';
import { FileSystemRefusedError } from './filesystem.errors.js';
import type { TraceRule } from './machine-traces.js';

/** Directories looked into, each a run of a program. */
const MAX_DIRECTORIES = 5000;
const MAX_ENTRIES = 200_000;
const MAX_DEPTH = 64;

/** Looks around in one file system, which does not change meanwhile. Links are not followed. */
export class Ext4Walk {
  readonly #listings = new Map<number, Ext4Entry[]>();

  constructor(
    private readonly ext4: Ext4,
    private readonly disk: Ext4Disk,
  ) {}

  /** Inode of a directory; undefined when there is none. @param from inode that the path begins at */
  async directory(path: string, from = ROOT_INODE): Promise<number | undefined> {
    let inode: number | undefined = from;
    for (const part of path.split('/').filter((name) => name !== '')) {
      if (inode === undefined) return undefined;
      const name = Buffer.from(part).toString('latin1');
      inode = (await this.list(inode)).find(
        (entry) => entry.name === name && entry.kind === 'directory',
      )?.inode;
    }
    return inode;
  }

  /** Inode of a plain file; undefined when there is none. */
  async file(path: string): Promise<number | undefined> {
    const at = path.lastIndexOf('/');
    const directory = await this.directory(path.slice(0, Math.max(at, 0)));
    if (directory === undefined) return undefined;
    const entries = await this.list(directory);
    return entries.find(({ name, kind }) => name === path.slice(at + 1) && kind === 'file')?.inode;
  }

  /** @throws FileSystemRefusedError when it has more than any system has */
  async list(directory: number): Promise<Ext4Entry[]> {
    const known = this.#listings.get(directory);
    if (known !== undefined) return known;
    if (this.#listings.size >= MAX_DIRECTORIES) throw this.#tooMany(`${MAX_DIRECTORIES} directories`);
    const entries = await this.ext4.list(this.disk, directory);
    this.#listings.set(directory, entries);
    return entries;
  }

  /** Inodes of what a rule means, what is in a directory before it. */
  async matching({ directory, names, filesOnly = false }: TraceRule, from = ROOT_INODE): Promise<number[]> {
    const inode = await this.directory(directory, from);
    if (inode === undefined) return [];
    const found: number[] = [];
    for (const entry of await this.list(inode))
      if (names === undefined || names.test(entry.name))
        await this.#collect(entry, { found, filesOnly, depth: 0 });
    return found;
  }

  async #collect(
    entry: Ext4Entry,
    { found, filesOnly, depth }: { found: number[]; filesOnly: boolean; depth: number },
  ): Promise<void> {
    if (depth > MAX_DEPTH) throw this.#tooMany(`${MAX_DEPTH} directories in one another`);
    if (found.length > MAX_ENTRIES) throw this.#tooMany(`${MAX_ENTRIES} files`);
    if (entry.kind === 'directory')
      for (const child of await this.list(entry.inode))
        await this.#collect(child, { found, filesOnly, depth: depth + 1 });
    if (!filesOnly || entry.kind === 'file') found.push(entry.inode);
  }

  #tooMany(what: string): FileSystemRefusedError {
    const { image, part } = this.disk;
    const reason = `it has more than ${what} where the traces of a machine are looked for`;
    return new FileSystemRefusedError({ image, part, reason });
  }
}
