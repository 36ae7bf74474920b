import { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import type { ImageMetadataView } from '../../contract/index.js';
import { Disks } from '../ext4/disk-reader.js';
import { ext4Archive } from '../ext4/ext4-archive.js';
import { Ext4Fault } from '../ext4/ext4-fault.js';
import { ImageDamagedError } from '../image.errors.js';
import type { BootableImage, ImageRow } from '../image.types.js';
import type { Making, Product } from '../making/image-making.js';
import { planSteps } from '../steps/plan-steps.js';
import type { RecipeStep } from '../steps/recipe-step.js';
import { Trees } from '../tree/trees.js';
import type { Tree } from '../tree/trees.js';
import { HostPackages } from './host-packages.js';
import { CurrentImages } from './current-images.js';
import { ImageSteps } from './image-steps.js';
import { metadataWith, orderDigest } from './recipe-work.js';
import type { BuildOrder } from './recipe-work.js';

interface Planned {
  readonly row: ImageRow;
  readonly image: BootableImage;
  readonly steps: readonly RecipeStep[];
  readonly recipeDigest: string;
}

/** Images that go on from another one, with its kernel, and with whatever was made to boot it. */
@Injectable()
export class DerivedBuild {
  constructor(
    private readonly packages: HostPackages,
    private readonly steps: ImageSteps,
    private readonly trees: Trees,
    private readonly disks: Disks,
    private readonly current: CurrentImages,
  ) {}

  /** Undefined when the image that is there has the same inputs. */
  async produce(making: Making, order: BuildOrder, base: string): Promise<Product | undefined> {
    const planned = await making.step('image.plan', `looking at the image ${base}`, async (progress) => {
      const found = await this.#plan(order, base);
      const anew = order.force || order.noCache;
      const upToDate = !anew && (await this.current.has(making.name, found.recipeDigest));
      progress.detail(upToDate ? 'the image is up to date' : found.row.distribution);
      return upToDate ? undefined : found;
    });
    if (planned === undefined) return undefined;
    const { row, image, recipeDigest } = planned;
    const { recipe } = order;
    const diskBytes = recipe.diskBytes ?? image.diskBytes;
    const given = row.metadata as unknown as ImageMetadataView | null;
    const env = Object.keys(recipe.env).length === 0 ? {} : { ...given?.env, ...recipe.env };
    await this.#makeRoot(making, order, { ...planned, diskBytes, env });
    return {
      recipeDigest,
      distribution: row.distribution,
      kernelVersion: row.kernelVersion,
      kernelId: row.kernelId ?? undefined,
      diskBytes,
      bootArguments: image.bootArguments,
      source: { kind: 'build', reference: recipe.file },
      metadata: metadataWith({ ...given?.env, ...recipe.env }, given ?? undefined),
      notes: { base: { name: row.name, digest: row.digest } },
    };
  }

  async #plan({ recipe, contents }: BuildOrder, base: string): Promise<Planned> {
    const { row, image } = await this.current.require(base);
    const digest = row.digest === '' ? row.id : row.digest;
    const steps = await planSteps(recipe, contents, digest);
    return { row, image, steps, recipeDigest: orderDigest(digest, steps, recipe) };
  }

  async #makeRoot(
    making: Making,
    { recipe, force, noCache }: BuildOrder,
    { row, image, steps, diskBytes, env }: Planned & { diskBytes: number; env: Record<string, string> },
  ): Promise<void> {
    const { site, step } = making;
    const tree = await step('image.tree', `unpacking the image ${row.name}`, async () => {
      await this.current.takeKernel(image, site.directory);
      return this.#unpack(making, image);
    });
    const aptOptions = recipe.packages.length === 0 ? '' : await this.packages.aptOptions(site.signal);
    const order = { steps, file: recipe.file, fresh: force || noCache, aptOptions };
    await this.steps.recipe.run(tree, order, making);
    await step('image.filesystem', 'making the file system', () =>
      this.steps.root.finish(tree, { diskBytes, env }),
    );
  }

  async #unpack({ site }: Making, image: BootableImage): Promise<Tree> {
    const tree = await this.trees.make(site);
    const disk = await this.disks.open(image.rootPath);
    const faults: Ext4Fault[] = [];
    try {
      await this.trees.unpack(tree, Readable.from(noting(ext4Archive(disk), faults), { objectMode: false }));
    } catch (error) {
      site.signal.throwIfAborted();
      // tar only says that its input ended too early
      const [fault] = faults;
      throw fault === undefined ? error : new ImageDamagedError(image.name, fault.message);
    } finally {
      await disk.close();
    }
    return tree;
  }
}

async function* noting(pieces: AsyncIterable<Buffer>, faults: Ext4Fault[]): AsyncGenerator<Buffer> {
  try {
    yield* pieces;
  } catch (error) {
    if (error instanceof Ext4Fault) faults.push(error);
    throw error;
  }
}
