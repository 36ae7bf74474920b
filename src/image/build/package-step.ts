import { basename } from 'node:path';
import { Injectable } from '@nestjs/common';
import { Config } from '../../core/config/index.js';
import { newId } from '../../core/ids.js';
import type { StepContext } from '../../core/operations/index.js';
import { GUEST_PACKAGES } from '../recipe/distributions.js';
import { ImageFiles } from '../store/image-files.js';
import { packagesArchive } from './build-plan.js';
import type { BuildPlan, BuildSite } from './build-plan.js';
import { Mmdebstrap } from './mmdebstrap.js';

const KEPT_MODE = 0o644;

/** The distribution's packages as one archive, kept for the next build that wants the very same. */
@Injectable()
export class PackageStep {
  constructor(
    private readonly config: Config,
    private readonly files: ImageFiles,
    private readonly mmdebstrap: Mmdebstrap,
  ) {}

  /** Path of the archive below the site. `fresh`: as if none had been kept. */
  async run(plan: BuildPlan, site: BuildSite, step: StepContext, fresh: boolean): Promise<string> {
    const archive = packagesArchive(site.directory);
    const kept = this.#keptPath(plan);
    if (!fresh && (await this.files.exists(kept))) {
      step.detail('the same packages are here from an earlier build');
      await this.files.link(kept, archive);
      return archive;
    }
    await this.mmdebstrap.run(plan, { archive, packages: GUEST_PACKAGES }, site, step);
    await this.#keep(archive, kept, plan);
    return archive;
  }

  /** One archive per image name, the newest: an older one would hardly ever serve again. */
  async #keep(archive: string, kept: string, { image, packagesDigest }: BuildPlan): Promise<void> {
    const directory = this.#cacheDirectory;
    // of its own: builds of several recipes may come by the same packages at the same time
    const fresh = `${kept}.${newId('img')}.new`;
    await this.files.link(archive, fresh);
    // Written out first: one that a power cut leaves short would be taken for whole by every later build.
    await this.files.seal(directory, [basename(fresh)], KEPT_MODE);
    await this.files.replace(fresh, kept);
    const mine = new RegExp(`^${image.replaceAll('.', '\\.')}-[0-9a-f]{64}\\.tar(\\..*new)?$`);
    for (const name of await this.files.list(directory)) {
      if (mine.test(name) && !name.includes(packagesDigest)) await this.files.remove(`${directory}/${name}`);
    }
  }

  get #cacheDirectory(): string {
    return `${this.config.values.stateDirectory}/cache/images`;
  }

  #keptPath({ image, packagesDigest }: BuildPlan): string {
    return `${this.#cacheDirectory}/${image}-${packagesDigest}.tar`;
  }
}
