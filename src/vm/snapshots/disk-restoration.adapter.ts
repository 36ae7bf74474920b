import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { Injectable } from '@nestjs/common';
import { SavedFiles } from '../saving/saved-files.adapter.js';
import { VmPathFinder } from '../vm-paths.js';
import type { Vm } from '../vm.types.js';

const STAGE = 'restoring';
/** written last: from then on the disks in the stage are the VM's */
const COMMIT = 'commit.json';
/** a disk, whatever its backend calls it, and what it stands on */
const DISK_NAME = /^(?:root|work)\..+$/;

/** Puts disks in the place of those that a VM has: all of them or none, whatever happens in between. */
@Injectable()
export class DiskRestoration {
  constructor(
    private readonly saved: SavedFiles,
    private readonly paths: VmPathFinder,
  ) {}

  /** Under the lock of a VM that is down. @param make makes its new disks in a directory */
  async run(vm: Pick<Vm, 'id'>, make: (directory: string) => Promise<void>): Promise<void> {
    const stage = this.#stage(vm);
    await this.settle(vm);
    await mkdir(stage, { mode: 0o700 });
    try {
      await make(stage);
      const names = (await readdir(stage)).filter((name) => DISK_NAME.test(name));
      await writeFile(`${stage}/${COMMIT}`, JSON.stringify(names), { flush: true });
      await this.saved.sync(stage);
    } catch (error) {
      await rm(stage, { recursive: true, force: true });
      throw error;
    }
    await this.settle(vm);
  }

  /** Finishes what was begun, by whomever, or takes it back. Nothing to do is success. */
  async settle(vm: Pick<Vm, 'id'>): Promise<void> {
    const { directory } = this.paths.of(vm.id);
    const stage = this.#stage(vm);
    const commit = await readFile(`${stage}/${COMMIT}`, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    });
    if (commit !== undefined) {
      const names = JSON.parse(commit) as string[];
      for (const name of await readdir(stage))
        if (DISK_NAME.test(name)) await rename(`${stage}/${name}`, `${directory}/${name}`);
      for (const name of await readdir(directory))
        if (DISK_NAME.test(name) && !names.includes(name)) await rm(`${directory}/${name}`, { force: true });
      await this.saved.sync(directory);
    }
    await rm(stage, { recursive: true, force: true });
  }

  #stage(vm: Pick<Vm, 'id'>): string {
    return `${this.paths.of(vm.id).directory}/${STAGE}`;
  }
}
