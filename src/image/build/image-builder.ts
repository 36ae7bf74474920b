import { Injectable } from '@nestjs/common';
import { DEFAULT_IMAGE } from '../../contract/index.js';
import type { ImageBuildParams, OperationView } from '../../contract/index.js';
import { ImageMaking } from '../making/image-making.js';
import type { Making, Product } from '../making/image-making.js';
import { BOOT_ARGUMENTS, ROOT_DISK_BYTES } from '../recipe/recipe.js';
import { ImageDirectories } from '../store/image-directories.js';
import { ImageRepository } from '../store/image.repository.js';
import { BuildPlanner } from './build-planner.js';
import type { BuildPlan } from './build-plan.js';
import { BuildPreflight } from './build-preflight.js';
import { ImageSteps } from './image-steps.js';

/** Builds images from the host distribution's packages. */
@Injectable()
export class ImageBuilder {
  constructor(
    private readonly making: ImageMaking,
    private readonly preflight: BuildPreflight,
    private readonly planner: BuildPlanner,
    private readonly steps: ImageSteps,
    private readonly images: ImageRepository,
    private readonly directories: ImageDirectories,
  ) {}

  /**
   * Begins to build the image of a name; ends at once when the one that is there has the same inputs.
   * @throws ImageBusyError, HostBinaryMissingError, BuildPreflightError, DiskFullError
   */
  async begin({
    name = DEFAULT_IMAGE,
    force = false,
    keepPackages = false,
  }: ImageBuildParams): Promise<OperationView> {
    await this.preflight.check();
    return this.making.begin({ kind: 'image.build', name, replace: true }, (making) =>
      this.#produce(making, { force, keepPackages }),
    );
  }

  async #produce(
    making: Making,
    { force, keepPackages }: { force: boolean; keepPackages: boolean },
  ): Promise<Product | undefined> {
    const { name, site, step } = making;
    const plan = await step('image.plan', 'looking at what the mirrors have', async (progress) => {
      const found = await this.#plan(making, { keepPackages: keepPackages && !force });
      if (force || !(await this.#isCurrent(name, found))) {
        progress.detail(found.distributionName);
        return found;
      }
      progress.detail('the image is up to date');
      return undefined;
    });
    if (plan === undefined) return undefined;
    const archive = await step(
      'image.packages',
      `installing the packages of ${plan.distributionName}`,
      (progress) => this.steps.packages.run(plan, site, progress, force),
    );
    const kernel = await step('image.kernel', 'unpacking the kernel and its initramfs', () =>
      this.steps.kernel.ofPackages(archive, plan, site),
    );
    await step('image.filesystem', 'making the file system', () => this.steps.root.run(archive, site));
    const { recipeDigest, distributionName, releases, packagesDigest, sources } = plan;
    return {
      recipeDigest,
      distribution: distributionName,
      kernelVersion: kernel.release,
      kernelId: kernel.id,
      diskBytes: ROOT_DISK_BYTES,
      bootArguments: BOOT_ARGUMENTS,
      source: { kind: 'build' },
      notes: { releases, packagesDigest, sources },
    };
  }

  async #plan({ name, site }: Making, { keepPackages }: { keepPackages: boolean }): Promise<BuildPlan> {
    const request = { image: name, directory: site.directory, signal: site.signal };
    const knownReleases = keepPackages ? await this.#releasesOf(name) : undefined;
    const found = await this.planner.plan({ ...request, knownReleases });
    if (knownReleases === undefined || (await this.#isCurrent(name, found))) return found;
    return this.planner.plan(request);
  }

  /** What the mirrors had when the image of that name was built; undefined when there is none, or it does not tell. */
  async #releasesOf(name: string): Promise<readonly string[] | undefined> {
    const row = await this.images.find(name);
    if (row === undefined) return undefined;
    const releases = (await this.directories.manifest(row.id))?.['releases'];
    return Array.isArray(releases) ? (releases as string[]) : undefined;
  }

  async #isCurrent(name: string, plan: BuildPlan): Promise<boolean> {
    const row = await this.images.find(name);
    if (row === undefined || row.recipeDigest !== plan.recipeDigest) return false;
    return this.directories.checkIntact(row).then(
      () => true,
      () => false,
    );
  }
}
