import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { Injectable } from '@nestjs/common';
import { Config } from '../../core/config/index.js';
import { generateSshKeyPair } from '../../core/ssh/index.js';

export interface DaemonKeyPair {
  readonly privateKey: string;
  readonly publicKey: string;
  /** file of the private half, mode 0600 */
  readonly path: string;
}

/** The key with which the daemon, and the user's own ssh, log in to every guest. Made once per state directory. */
@Injectable()
export class DaemonKey {
  #pair: Promise<DaemonKeyPair> | undefined;

  constructor(private readonly config: Config) {}

  async get(): Promise<DaemonKeyPair> {
    this.#pair ??= this.#loadOrMake();
    try {
      return await this.#pair;
    } catch (error) {
      this.#pair = undefined;
      throw error;
    }
  }

  async #loadOrMake(): Promise<DaemonKeyPair> {
    const path = this.config.daemonKeyPath;
    const existing = await readIfPresent(path);
    if (existing !== undefined) {
      return { path, privateKey: existing, publicKey: (await readFile(`${path}.pub`, 'utf8')).trim() };
    }
    await mkdir(this.config.keysDirectory, { recursive: true, mode: 0o700 });
    const pair = await generateSshKeyPair('banger');
    // The private half last: a crash in between leaves no pair, and the next start makes a whole one.
    await writeWhole(`${path}.pub`, `${pair.publicKey}\n`, 0o644);
    await writeWhole(path, pair.privateKey, 0o600);
    return { path, ...pair };
  }
}

async function readIfPresent(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** In place at once, or not at all. */
async function writeWhole(path: string, content: string, mode: number): Promise<void> {
  const temporary = `${path}.new`;
  await rm(temporary, { force: true });
  const file = await open(temporary, 'wx', mode);
  try {
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
