import { Injectable } from '@nestjs/common';
import type { OperationView } from '../../contract/index.js';
import { newId } from '../../core/ids.js';
import { OperationRunner } from '../../core/operations/index.js';
import type { OperationContext, StepContext } from '../../core/operations/index.js';
import type { BuildSite } from '../build/build-plan.js';
import { explainBuildFailure, ImageExistsError } from '../image.errors.js';
import type { ImageDraft } from '../image.types.js';
import { nameOf } from '../metadata/image-name.js';
import { SeedKey } from '../seed/seed-key.js';
import { ImageLocks } from '../store/image-locks.js';
import { ImageSites } from '../store/image-sites.js';
import { ImageStore } from '../store/image-store.js';
import { ImageRepository } from '../store/image.repository.js';

/** What a making is to find out about its image. */
export type Product = Omit<ImageDraft, 'id' | 'name' | 'seedKey'>;

/** One image on its way. */
export interface Making {
  readonly id: string;
  readonly name: string;
  readonly site: BuildSite;
  readonly operation: OperationContext;
  /** A step of the operation, whose failed programs become errors that name it. */
  readonly step: <T>(name: string, title: string, body: (progress: StepContext) => Promise<T>) => Promise<T>;
}

export interface MakingOrder {
  /** of the operation: `image.build` */
  readonly kind: string;
  readonly name: string;
  /** whether it may take the name of an image that is there */
  readonly replace: boolean;
  /** command that does it again, for those who are told that it failed; that of a build when undefined */
  readonly again?: string;
  /** called once or more when the operation is through, however it ended */
  readonly released?: () => void;
}

/** How every image is made, whatever of: held by its name, in a directory of its own, put in place whole or not at all. */
@Injectable()
export class ImageMaking {
  constructor(
    private readonly operations: OperationRunner,
    private readonly locks: ImageLocks,
    private readonly sites: ImageSites,
    private readonly store: ImageStore,
    private readonly images: ImageRepository,
    private readonly seedKey: SeedKey,
  ) {}

  /**
   * Begins an operation that makes the image of a name. `produce` leaves its files in the site; undefined when there is
   * nothing to do. Until the new image is whole, and if it never gets there, the one that has the name serves.
   * @throws ImageBusyError, ImageExistsError
   */
  async begin(
    order: MakingOrder,
    produce: (making: Making) => Promise<Product | undefined>,
  ): Promise<OperationView> {
    const name = nameOf(order.name);
    const letGo = this.locks.hold(name, `an ${order.kind.replace('.', ' ')}`);
    const release = (): void => {
      letGo();
      order.released?.();
    };
    try {
      if (!order.replace && (await this.images.find(name))?.name === name) throw new ImageExistsError(name);
      const id = newId('img');
      const { view } = await this.operations.begin({
        kind: order.kind,
        subject: { type: 'image', id, name },
        body: async (operation) => {
          // given back before anyone can see the operation's end, on failure after everything else is undone
          operation.rollback.add('the hold on the name', () => Promise.resolve(release()));
          await this.locks.under(name, () => this.#make({ id, name, operation }, order, produce));
          release();
        },
      });
      return view;
    } catch (error) {
      release();
      throw error;
    }
  }

  async #make(
    { id, name, operation }: Pick<Making, 'id' | 'name' | 'operation'>,
    { again }: MakingOrder,
    produce: (making: Making) => Promise<Product | undefined>,
  ): Promise<void> {
    operation.rollback.add('the image', () => this.store.withdraw(id));
    const directory = await this.sites.open(id);
    const step: Making['step'] = (kind, title, body) =>
      operation.step(kind, title, async (progress) => {
        try {
          return await body(progress);
        } catch (error) {
          throw explainBuildFailure(error, { image: name, step: title, directory, again });
        }
      });
    const site = {
      directory,
      signal: operation.signal,
      output: (line: string) => operation.output(line),
    };
    const product = await produce({ id, name, site, operation, step });
    if (product === undefined) {
      await this.sites.discard(id);
      return;
    }
    await step('image.publish', 'putting the image in place', async () => {
      const seedKey = await this.seedKey.letIn(site, name);
      await this.store.publish({ ...product, id, name, seedKey });
    });
  }
}
