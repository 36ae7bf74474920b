import { Injectable } from '@nestjs/common';
import type { OnModuleInit } from '@nestjs/common';
import { ProcessRunner } from '../../core/process/index.js';
import type { GitUser } from '../git/git.js';
import { WorkspaceFiles } from './workspace-files.adapter.js';

/** Directories in which git works for an import or an export. Each carries the daemon's pid, so that a dead daemon's are found. */
@Injectable()
export class ScratchDirectories implements OnModuleInit {
  constructor(
    private readonly runner: ProcessRunner,
    private readonly files: WorkspaceFiles,
  ) {}

  /** Removes what daemons that no longer live have left. */
  async onModuleInit(): Promise<void> {
    for (const { path, pid, uid, gid } of await this.files.listScratch()) {
      if ((await this.runner.identify(pid)) === undefined) await this.#remove(path, { uid, gid });
    }
  }

  /** Gives `body` a directory of the user's, with `objects/pack` and `objects/info` in it, and removes it afterwards. */
  async within<T>(user: GitUser, body: (directory: string) => Promise<T>): Promise<T> {
    const directory = await this.files.makeScratch(user);
    try {
      return await body(directory);
    } finally {
      await this.#remove(directory, user);
    }
  }

  /** As its owner: what the owner can write into must not be deleted by root, who could be led astray in it. */
  async #remove(path: string, owner: { uid?: number; gid?: number }): Promise<void> {
    const { uid, gid } = this.files.daemon.uid === 0 ? owner : {};
    const identity = { ...(uid !== undefined && { uid }), ...(gid !== undefined && { gid }) };
    await this.runner.run({ file: 'rm', args: ['-rf', '--', path], ...identity }).catch(() => undefined);
  }
}
