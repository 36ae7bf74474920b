import { Injectable } from '@nestjs/common';
import { Config } from '../../core/config/index.js';
import { generateSshKeyPair } from '../../core/ssh/index.js';
import { VmFiles } from '../vm-files.adapter.js';

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

  constructor(
    private readonly config: Config,
    private readonly files: VmFiles,
  ) {}

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
    const existing = await this.files.readIfPresent(path);
    if (existing !== undefined) {
      return { path, privateKey: existing, publicKey: (await this.files.read(`${path}.pub`)).trim() };
    }
    await this.files.makePrivateDirectory(this.config.keysDirectory);
    const pair = await generateSshKeyPair('banger');
    // The private half last: a crash in between leaves no pair, and the next start makes a whole one.
    await this.files.write(`${path}.pub`, `${pair.publicKey}\n`, { mode: 0o644 });
    await this.files.write(path, pair.privateKey, { mode: 0o600 });
    return { path, ...pair };
  }
}
