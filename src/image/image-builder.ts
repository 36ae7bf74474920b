import { Injectable } from '@nestjs/common';
import type { OperationContext, StepContext } from '../core/operations/index.js';
import { ImageFiles } from './store/image-files.js';
import { BuildPlanner } from './build/build-planner.js';
import { IMAGE_FILES } from './build/build-plan.js';
import type { BuildPlan, BuildSite } from './build/build-plan.js';
import { ImageSteps } from './build/image-steps.js';
import { explainBuildFailure } from './image.errors.js';
import { ImageRepository } from './store/image.repository.js';
import { ImageStore } from './store/image-store.js';
import { BOOT_ARGUMENTS, ROOT_DISK_BYTES } from './recipe/recipe.js';

export interface BuildOrder {
  readonly id: string;
  readonly name: string;
  /** build even if the image of that name has the same inputs, and without packages kept from an earlier build */
  readonly force: boolean;
  /** the packages of the image that is there will do, whatever the mirrors have by now */
  readonly keepPackages: boolean;
}

/** The body of the operation `image.build`. */
@Injectable()
export class ImageBuilder {
  constructor(
    private readonly planner: BuildPlanner,
    private readonly steps: ImageSteps,
    private readonly files: ImageFiles,
    private readonly images: ImageRepository,
    private readonly store: ImageStore,
  ) {}

  async run(order: BuildOrder, context: OperationContext): Promise<void> {
    context.rollback.add('the image', () => this.store.withdraw(order.id));
    const directory = await this.store.openSite(order.id);
    const site: BuildSite = { directory, signal: context.signal, output: (line) => context.output(line) };
    const step = this.#stepper(order, context, site);
    const plan = await step('image.plan', 'looking at what the mirrors have', async (progress) => {
      const knownReleases =
        order.keepPackages && !order.force ? await this.#releasesOf(order.name) : undefined;
      const request = { image: order.name, directory, signal: site.signal };
      let found = await this.planner.plan({ ...request, knownReleases });
      if (knownReleases !== undefined && !(await this.#isCurrent(found)))
        found = await this.planner.plan(request);
      if (!order.force && (await this.#isCurrent(found))) {
        progress.detail('the image is up to date');
        return undefined;
      }
      progress.detail(found.distributionName);
      return found;
    });
    if (plan === undefined) {
      await this.store.closeSite(order.id);
      return;
    }
    const archive = await step(
      'image.packages',
      `installing the packages of ${plan.distributionName}`,
      (progress) => this.steps.packages.run(plan, site, progress, order.force),
    );
    const kernelVersion = await step('image.kernel', 'unpacking the kernel and its initramfs', () =>
      this.steps.kernel.run(archive, site),
    );
    await step('image.filesystem', 'making the file system', () => this.steps.root.run(archive, site));
    await step('image.publish', 'putting the image in place', () =>
      this.#publish(order, plan, kernelVersion, site),
    );
  }

  /** What the mirrors had when the image of that name was built; undefined when there is none, or it does not tell. */
  async #releasesOf(name: string): Promise<readonly string[] | undefined> {
    const row = await this.images.find(name);
    return row === undefined ? undefined : this.store.releasesOf(row.id);
  }

  async #isCurrent(plan: BuildPlan): Promise<boolean> {
    const row = await this.images.find(plan.image);
    if (row === undefined || row.recipeDigest !== plan.recipeDigest) return false;
    return this.store.checkIntact(row).then(
      () => true,
      () => false,
    );
  }

  async #publish(order: BuildOrder, plan: BuildPlan, kernelVersion: string, site: BuildSite): Promise<void> {
    const image = {
      id: order.id,
      name: order.name,
      recipeDigest: plan.recipeDigest,
      distribution: plan.distributionName,
      kernelVersion,
      diskBytes: ROOT_DISK_BYTES,
      bootArguments: BOOT_ARGUMENTS,
    };
    const kept = Object.values(IMAGE_FILES) as string[];
    const manifest = {
      version: 1,
      ...image,
      releases: plan.releases,
      packagesDigest: plan.packagesDigest,
      sources: plan.sources,
    };
    await this.files.write(
      `${site.directory}/${IMAGE_FILES.manifest}`,
      `${JSON.stringify(manifest, undefined, 2)}\n`,
    );
    for (const name of await this.files.list(site.directory)) {
      if (!kept.includes(name)) await this.files.remove(`${site.directory}/${name}`);
    }
    await this.store.publish(image);
    await this.store.collectSuperseded();
  }

  #stepper(order: BuildOrder, context: OperationContext, { directory }: BuildSite) {
    return <T>(name: string, title: string, body: (progress: StepContext) => Promise<T>): Promise<T> =>
      context.step(name, title, async (progress) => {
        try {
          return await body(progress);
        } catch (error) {
          throw explainBuildFailure(error, { image: order.name, step: title, directory });
        }
      });
  }
}
