import { Injectable } from '@nestjs/common';
import { DEFAULT_IMAGE } from '../contract/index.js';
import type { ImageBuildParams, ImageView, OperationView } from '../contract/index.js';
import { newId } from '../core/ids.js';
import { OperationRunner } from '../core/operations/index.js';
import { BuildPreflight } from './build/build-preflight.js';
import { ImageBuilder } from './image-builder.js';
import { ImageLocks } from './store/image-locks.js';
import { ImageStore } from './store/image-store.js';
import { ImageBusyError, ImageNotFoundError } from './image.errors.js';
import { ImageRepository } from './store/image.repository.js';
import type { BootableImage, ImageRow } from './image.types.js';

@Injectable()
export class ImageService {
  constructor(
    private readonly operations: OperationRunner,
    private readonly locks: ImageLocks,
    private readonly preflight: BuildPreflight,
    private readonly builder: ImageBuilder,
    private readonly images: ImageRepository,
    private readonly store: ImageStore,
  ) {}

  /**
   * Begins to build the image of a name; ends at once when the one that is there has the same inputs.
   * Until the new one is whole, and if it never gets there, the old one serves.
   * @throws ImageBusyError, HostBinaryMissingError, BuildPreflightError, DiskFullError
   */
  async beginBuild(params: ImageBuildParams): Promise<OperationView> {
    const name = params.name ?? DEFAULT_IMAGE;
    const release = this.#hold(name, 'a build');
    try {
      await this.preflight.check();
      const id = newId('img');
      const { view } = await this.operations.begin({
        kind: 'image.build',
        subject: { type: 'image', id, name },
        body: async (context) => {
          // given back before anyone can see the operation's end, on failure after everything else is undone
          context.rollback.add('the hold on the name', () => Promise.resolve(release()));
          const request = {
            id,
            name,
            force: params.force ?? false,
            keepPackages: params.keepPackages ?? false,
          };
          await this.locks.under(name, () => this.builder.run(request, context));
          release();
        },
      });
      return view;
    } catch (error) {
      release();
      throw error;
    }
  }

  /** An image whose files are all there. @throws ImageNotFoundError, ImageDamagedError */
  async require(nameOrId: string): Promise<BootableImage> {
    const row = await this.#find(nameOrId);
    await this.store.checkIntact(row);
    return this.store.bootable(row);
  }

  async list(): Promise<ImageView[]> {
    return (await this.images.list()).map(viewOf);
  }

  /** @throws ImageNotFoundError */
  async get(nameOrId: string): Promise<ImageView> {
    return viewOf(await this.#find(nameOrId));
  }

  /** @throws ImageNotFoundError, ImageInUseError, ImageBusyError */
  async delete(nameOrId: string): Promise<ImageView> {
    const row = await this.#find(nameOrId);
    const release = this.#hold(row.name, 'a deletion');
    try {
      await this.locks.under(row.name, () => this.store.remove(row));
      return viewOf(row);
    } finally {
      release();
    }
  }

  /** For whoever keeps things made of an image, which are of no more use without it. Called after it is gone. */
  onRemoved(listener: (imageId: string) => Promise<void>): void {
    this.store.onRemoved(listener);
  }

  /** Deletes the images that a newer build has replaced and that no VM stands on any more. */
  collectSuperseded(): Promise<void> {
    return this.store.collectSuperseded();
  }

  /** Daemon start, before anything is answered: removes what a dead daemon was building. */
  reconcile(): Promise<void> {
    return this.store.reconcile();
  }

  async #find(nameOrId: string): Promise<ImageRow> {
    const row = await this.images.find(nameOrId);
    if (row !== undefined) return row;
    throw new ImageNotFoundError(
      nameOrId,
      (await this.images.list()).map(({ name }) => name),
    );
  }

  #hold(name: string, action: string): () => void {
    const release = this.locks.tryAcquire(name, action);
    if (release === undefined) throw new ImageBusyError(name, this.locks.holder(name) ?? action);
    return release;
  }
}

function viewOf(row: ImageRow): ImageView {
  return {
    id: row.id,
    name: row.name,
    recipeDigest: row.recipeDigest,
    distribution: row.distribution,
    kernelVersion: row.kernelVersion,
    diskBytes: Number(row.diskBytes),
    allocatedBytes: Number(row.allocatedBytes),
    createdAt: row.createdAt.toISOString(),
    usedBy: row.vms.map(({ name }) => name),
  };
}
