import { Injectable } from '@nestjs/common';
import { Ext4, ROOT_INODE } from './ext4.js';
import type { Ext4Disk } from './ext4.js';
import { Ext4Walk } from './ext4-walk.js';
import { FileSystemRefusedError } from './filesystem.errors.js';
import { fileRule, homeRules, HOMES, machineRules, PRIVATE_KEYS, ROOT_HOME } from './machine-traces.js';

export interface Cleaning {
  /** whether it is a root disk, or one that is /root alone */
  readonly holds: 'system' | 'home';
  /** whether what was typed goes too */
  readonly history: boolean;
  /** absolute paths of further files that go, as the machine had them */
  readonly files: readonly string[];
}

/** Takes from a file system what makes it one machine's. */
@Injectable()
export class DiskCleaner {
  constructor(private readonly ext4: Ext4) {}

  /**
   * On a file system that is consistent, which it is afterwards. What is gone is still in its free room, and in its journal.
   * @returns names of private keys of its users that are left in it
   * @throws FileSystemRefusedError
   */
  async clean(disk: Ext4Disk, cleaning: Cleaning): Promise<string[]> {
    const before = new Ext4Walk(this.ext4, disk);
    const keys = await this.#privateKeys(before, cleaning);
    await this.ext4.remove(disk, await this.#traces(before, cleaning));
    await this.ext4.settle(disk);
    const left = await this.#traces(new Ext4Walk(this.ext4, disk), cleaning);
    if (left.length === 0) return keys;
    const { image, part } = disk;
    throw new FileSystemRefusedError({ image, part, reason: 'what tells its machine could not be removed' });
  }

  async #traces(walk: Ext4Walk, { holds, history, files }: Cleaning): Promise<number[]> {
    const found = new Set<number>();
    const add = (inodes: readonly number[]): void => {
      for (const inode of inodes) found.add(inode);
    };
    for (const rule of machineRules(holds)) add(await walk.matching(rule));
    for (const { inode } of await this.#homes(walk, holds))
      for (const rule of homeRules(history)) add(await walk.matching(rule, inode));
    for (const path of files) add(await this.#file(walk, path, holds));
    return [...found];
  }

  async #file(walk: Ext4Walk, path: string, holds: Cleaning['holds']): Promise<number[]> {
    const inHome = path.startsWith(`/${ROOT_HOME}/`);
    if (holds === 'home' && !inHome) return [];
    const { directory, name } = fileRule(holds === 'home' ? path.slice(ROOT_HOME.length + 1) : path);
    const inode = await walk.directory(directory);
    const wanted = Buffer.from(name).toString('latin1');
    const entries = inode === undefined ? [] : await walk.list(inode);
    return entries
      .filter((entry) => entry.name === wanted && entry.kind === 'file')
      .map((entry) => entry.inode);
  }

  async #privateKeys(walk: Ext4Walk, { holds }: Cleaning): Promise<string[]> {
    const names: string[] = [];
    for (const home of await this.#homes(walk, holds)) {
      const inode = await walk.directory(PRIVATE_KEYS.directory, home.inode);
      const entries = inode === undefined ? [] : await walk.list(inode);
      for (const { name } of entries)
        if (PRIVATE_KEYS.names.test(name)) names.push(`${home.path}/${PRIVATE_KEYS.directory}/${name}`);
    }
    return names;
  }

  async #homes(walk: Ext4Walk, holds: Cleaning['holds']): Promise<{ path: string; inode: number }[]> {
    if (holds === 'home') return [{ path: `/${ROOT_HOME}`, inode: ROOT_INODE }];
    const homes: { path: string; inode: number }[] = [];
    const own = await walk.directory(ROOT_HOME);
    if (own !== undefined) homes.push({ path: `/${ROOT_HOME}`, inode: own });
    const parent = await walk.directory(HOMES);
    if (parent === undefined) return homes;
    for (const { kind, name, inode } of await walk.list(parent))
      if (kind === 'directory') homes.push({ path: `/${HOMES}/${shown(name)}`, inode });
    return homes;
  }
}

/** As a name of a user can be; anything else is the guest's, and for nobody's eyes. */
function shown(name: string): string {
  return /^[\w.-]{1,32}$/.test(name) ? name : '?';
}
