import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { guestFiles } from '../guest/guest-files.js';
import type { Making, Product } from '../making/image-making.js';
import { BOOT_ARGUMENTS, DISK_SIZES, ROOT_DISK_BYTES } from '../recipe/recipe.js';
import { planSteps } from '../steps/plan-steps.js';
import type { RecipeStep } from '../steps/recipe-step.js';
import type { BuildPlan } from './build-plan.js';
import { BuildPlanner } from './build-planner.js';
import { CurrentImages } from './current-images.js';
import { ImageSteps } from './image-steps.js';
import { isPlain, metadataWith, orderDigest, packagesName } from './recipe-work.js';
import type { BuildOrder } from './recipe-work.js';

interface Planned {
  readonly plan: BuildPlan;
  readonly steps: readonly RecipeStep[];
  readonly recipeDigest: string;
}

/** Images of the host distribution's packages, and of what a recipe does to them. */
@Injectable()
export class PackageBuild {
  constructor(
    private readonly planner: BuildPlanner,
    private readonly steps: ImageSteps,
    private readonly current: CurrentImages,
  ) {}

  /** Undefined when the image that is there has the same inputs. */
  async produce(making: Making, order: BuildOrder): Promise<Product | undefined> {
    const planned = await making.step('image.plan', 'looking at what the mirrors have', async (progress) => {
      const found = await this.#plan(making, order);
      const anew = order.force || order.noCache;
      const upToDate = !anew && (await this.current.has(making.name, found.recipeDigest));
      progress.detail(upToDate ? 'the image is up to date' : found.plan.distributionName);
      return upToDate ? undefined : found;
    });
    return planned === undefined ? undefined : this.#make(making, order, planned);
  }

  async #make(making: Making, order: BuildOrder, planned: Planned): Promise<Product> {
    const { site, step } = making;
    const { plan } = planned;
    const archive = await step(
      'image.packages',
      `installing the packages of ${plan.distributionName}`,
      (progress) => this.steps.packages.run(plan, site, progress, order.force),
    );
    const kernel = await step('image.kernel', 'unpacking the kernel and its initramfs', () =>
      this.steps.kernel.ofPackages(archive, plan, site),
    );
    await this.#makeRoot(making, order, { ...planned, archive });
    const { distributionName, releases, packagesDigest, sources } = plan;
    const { recipe } = order;
    return {
      recipeDigest: planned.recipeDigest,
      distribution: distributionName,
      kernelVersion: kernel.release,
      kernelId: kernel.id,
      diskBytes: recipe.diskBytes ?? ROOT_DISK_BYTES,
      bootArguments: BOOT_ARGUMENTS,
      source: isPlain(recipe) ? { kind: 'build' } : { kind: 'build', reference: recipe.file },
      metadata: metadataWith(recipe.env),
      notes: { releases, packagesDigest, sources },
    };
  }

  async #makeRoot(
    making: Making,
    { recipe, force, noCache }: BuildOrder,
    { plan, steps, archive }: Planned & { archive: string },
  ): Promise<void> {
    const { site, step } = making;
    const title = 'making the file system';
    if (isPlain(recipe)) {
      await step('image.filesystem', title, () => this.steps.root.run(archive, site));
      return;
    }
    const tree = await step('image.tree', 'unpacking the packages', () =>
      this.steps.root.unpack(archive, site),
    );
    const { aptOptions } = plan;
    const fresh = force || noCache;
    await this.steps.recipe.run(tree, { steps, file: recipe.file, fresh, aptOptions }, making);
    const { diskBytes = ROOT_DISK_BYTES, env } = recipe;
    await step('image.filesystem', title, () => this.steps.root.finish(tree, { diskBytes, env }));
  }

  async #plan({ name, site }: Making, order: BuildOrder): Promise<Planned> {
    const { recipe, keepPackages, force } = order;
    const suite = 'suite' in recipe.base ? recipe.base.suite : undefined;
    const image = isPlain(recipe) && suite === undefined ? name : packagesName(suite);
    const request = { image, suite, directory: site.directory, signal: site.signal };
    const knownReleases = keepPackages && !force ? await this.current.releasesOf(name) : undefined;
    const found = await this.#steps(order, await this.planner.plan({ ...request, knownReleases }));
    if (knownReleases === undefined || (await this.current.has(name, found.recipeDigest))) return found;
    return this.#steps(order, await this.planner.plan(request));
  }

  async #steps({ recipe, contents }: BuildOrder, plan: BuildPlan): Promise<Planned> {
    if (isPlain(recipe)) return { plan, steps: [], recipeDigest: plan.recipeDigest };
    const steps = await planSteps(recipe, contents, baseDigest(plan));
    return { plan, steps, recipeDigest: orderDigest(plan.recipeDigest, steps, recipe) };
  }
}

/** Of the tree that the first step finds. */
function baseDigest({ packagesDigest }: BuildPlan): string {
  return createHash('sha256')
    .update(JSON.stringify([packagesDigest, guestFiles(DISK_SIZES)]))
    .digest('hex');
}
