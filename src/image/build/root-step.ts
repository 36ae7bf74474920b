import { Injectable } from '@nestjs/common';
import { guestFiles } from '../guest/guest-files.js';
import { DISK_SIZES, ROOT_DISK_BYTES, WORK_DISK_BYTES } from '../recipe/recipe.js';
import { guestArchive } from '../tree/guest-archive.js';
import { Trees } from '../tree/trees.js';
import type { BuildSite } from './build-plan.js';

/** The file systems: the packages, the guest's files on top, made into ext4 without mounting it. */
@Injectable()
export class RootStep {
  constructor(private readonly trees: Trees) {}

  /** Writes `root.ext4` and `work.ext4`. */
  async run(archive: string, site: BuildSite): Promise<void> {
    const tree = await this.trees.make(site);
    await this.trees.unpack(tree, archive);
    await this.trees.unpack(tree, await guestArchive(guestFiles(DISK_SIZES)));
    await this.trees.makeDisks(tree, { rootBytes: ROOT_DISK_BYTES, workBytes: WORK_DISK_BYTES });
    await this.trees.discard(tree);
  }
}
