import { Injectable } from '@nestjs/common';
import { guestFiles } from '../guest/guest-files.js';
import { DISK_SIZES, ROOT_DISK_BYTES, WORK_DISK_BYTES } from '../recipe/recipe.js';
import { FINISH } from '../steps/recipe-scripts.js';
import { guestArchive } from '../tree/guest-archive.js';
import { Trees } from '../tree/trees.js';
import type { Tree } from '../tree/trees.js';
import type { BuildSite } from './build-plan.js';
import { finishArguments } from './recipe-work.js';

/** The file systems: the packages, the guest's files on top, made into ext4 without mounting it. */
@Injectable()
export class RootStep {
  constructor(private readonly trees: Trees) {}

  /** Writes `root.ext4` and `work.ext4`. */
  async run(archive: string, site: BuildSite): Promise<void> {
    await this.#write(await this.unpack(archive, site), ROOT_DISK_BYTES);
  }

  /** A tree of an archive of packages, for steps to be taken over it. */
  async unpack(archive: string, site: BuildSite): Promise<Tree> {
    const tree = await this.trees.make(site);
    await this.trees.unpack(tree, archive);
    await this.trees.unpack(tree, await guestArchive(guestFiles(DISK_SIZES)));
    return tree;
  }

  /** As {@link run}, of a tree that strangers' programs have worked on: from here on only those within it write to it. */
  async finish(
    tree: Tree,
    { diskBytes, env }: { diskBytes: number; env: Readonly<Record<string, string>> },
  ): Promise<void> {
    const args = finishArguments({ rootBytes: diskBytes, workBytes: WORK_DISK_BYTES }, env);
    await this.trees.enter(tree, { script: FINISH, args });
    await this.#write(tree, diskBytes);
  }

  async #write(tree: Tree, rootBytes: number): Promise<void> {
    await this.trees.makeDisks(tree, { rootBytes, workBytes: WORK_DISK_BYTES });
    await this.trees.discard(tree);
  }
}
