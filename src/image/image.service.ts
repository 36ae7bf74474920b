import { Injectable } from '@nestjs/common';
import type { ImageDetails, ImageSourceView, ImageView } from '../contract/index.js';
import { ImageDirectories } from './store/image-directories.js';
import { ImageLocks } from './store/image-locks.js';
import { ImageStore } from './store/image-store.js';
import { KernelStore } from './kernel/kernel-store.js';
import { SeedRenewal } from './seed/seed-renewal.js';
import { ImageRepository } from './store/image.repository.js';
import type { BootableImage, ImageRow } from './image.types.js';

@Injectable()
export class ImageService {
  constructor(
    private readonly locks: ImageLocks,
    private readonly images: ImageRepository,
    private readonly store: ImageStore,
    private readonly directories: ImageDirectories,
    private readonly kernels: KernelStore,
    private readonly seeds: SeedRenewal,
  ) {}

  /**
   * An image whose files are all there. @param use whether a work disk is about to be made of it
   * @throws ImageNotFoundError, ImageDamagedError
   */
  async require(nameOrId: string, use: { workDisk: boolean } = { workDisk: false }): Promise<BootableImage> {
    const row = await this.images.require(nameOrId);
    await this.directories.checkIntact(row);
    if (use.workDisk) await this.seeds.renew(row);
    return this.directories.bootable(row);
  }

  async list(): Promise<ImageView[]> {
    const rows = await this.images.list();
    const shared = await this.directories.sharedBytes(rows.map(({ id }) => id));
    return rows.map((row) => viewOf(row, shared.get(row.id)));
  }

  /** @throws ImageNotFoundError */
  async get(nameOrId: string): Promise<Omit<ImageDetails, 'templates'>> {
    const row = await this.images.require(nameOrId);
    const ids = (await this.images.list()).map(({ id }) => id);
    const view = viewOf(row, (await this.directories.sharedBytes(ids)).get(row.id));
    const metadata = row.metadata as unknown as ImageDetails['metadata'] | null;
    return metadata === null || metadata === undefined ? view : Object.assign(view, { metadata });
  }

  /** @throws ImageNotFoundError, ImageInUseError, ImageBusyError */
  async delete(nameOrId: string): Promise<ImageView> {
    const row = await this.images.require(nameOrId);
    const release = this.locks.hold(row.name, 'a deletion');
    try {
      await this.locks.under(row.name, () => this.store.remove(row));
      return viewOf(row);
    } finally {
      release();
    }
  }

  /**
   * For whoever keeps things made of an image, which are of no more use without it.
   * @param listener called after it is gone
   * @param bytesOf how much they are
   */
  onRemoved(listener: (imageId: string) => Promise<void>, bytesOf: (imageId: string) => number): void {
    this.store.onRemoved(listener, bytesOf);
  }

  /** How much goes with an image beside its files, `bytes` */
  bytesBeside(imageId: string): number {
    return this.store.bytesBeside(imageId);
  }

  /** Deletes the images that a newer build has replaced and that no VM stands on any more. */
  collectSuperseded(): Promise<void> {
    return this.store.collectSuperseded();
  }

  /** Daemon start, before anything is answered: removes what a dead daemon was building. */
  async reconcile(): Promise<void> {
    await this.kernels.reconcile();
    await this.store.reconcile();
  }
}

function viewOf(row: ImageRow, sharedBytes = 0): ImageView {
  return {
    id: row.id,
    name: row.name,
    digest: row.digest,
    ...(row.source !== null && { source: row.source as unknown as ImageSourceView }),
    recipeDigest: row.recipeDigest,
    distribution: row.distribution,
    kernelVersion: row.kernelVersion,
    ...(row.kernel !== null && { kernel: row.kernel.name }),
    ...(row.seedKey !== null && { seedKey: row.seedKey }),
    diskBytes: Number(row.diskBytes),
    allocatedBytes: Number(row.allocatedBytes),
    sharedBytes,
    createdAt: row.createdAt.toISOString(),
    usedBy: row.vms.map(({ name }) => name),
  };
}
