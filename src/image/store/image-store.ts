import { Inject, Injectable } from '@nestjs/common';
import { Config } from '../../core/config/index.js';
import { LOGGER } from '../../core/logging/index.js';
import type { Logger } from '../../core/logging/index.js';
import { Ledger } from '../../core/operations/index.js';
import { ImageFiles } from './image-files.js';
import { IMAGE_FILES } from '../build/build-plan.js';
import { ImageSites, imageOwner } from './image-sites.js';
import { ImageDamagedError, ImageInUseError } from '../image.errors.js';
import { ImageRepository } from './image.repository.js';
import type { BootableImage, ImageRow, NewImage } from '../image.types.js';

/** Where images lie: `ID/` when whole, `.building-ID/` before. Rows and directories come and go together. */
@Injectable()
export class ImageStore {
  #tellRemoved: (imageId: string) => Promise<void> = () => Promise.resolve();

  constructor(
    private readonly config: Config,
    private readonly ledger: Ledger,
    private readonly sites: ImageSites,
    private readonly files: ImageFiles,
    private readonly images: ImageRepository,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  openSite(id: string): Promise<string> {
    return this.sites.open(id, this.#bits.directory);
  }

  closeSite(id: string): Promise<void> {
    return this.sites.close(id);
  }

  /** What is in the building directory becomes the image of that name, in full or not at all. */
  async publish(image: Omit<NewImage, 'allocatedBytes'>): Promise<void> {
    const building = this.sites.path(image.id);
    const names = Object.values(IMAGE_FILES);
    const measures = await Promise.all(names.map((name) => this.files.measure(`${building}/${name}`)));
    const allocatedBytes = measures.reduce((sum, measure) => sum + (measure?.allocatedBytes ?? 0), 0);
    await this.files.seal(building, names, this.#bits.file);
    const final = this.#path(image.id);
    await this.ledger.make({ kind: 'directory', key: final, owner: imageOwner(image.id) }, async () => {
      await this.files.replace(building, final);
    });
    await this.closeSite(image.id);
    await this.images.insert({ ...image, allocatedBytes });
  }

  /** Undo of {@link publish}; an image that has its row stays. */
  async withdraw(id: string): Promise<void> {
    if ((await this.images.find(id)) !== undefined) return;
    await this.sites.discard(id);
    await this.ledger.releaseOwner(imageOwner(id), ['directory']);
  }

  bootable(row: ImageRow): BootableImage {
    const directory = this.#path(row.id);
    return {
      id: row.id,
      name: row.name,
      kernelPath: `${directory}/${IMAGE_FILES.kernel}`,
      initrdPath: `${directory}/${IMAGE_FILES.initrd}`,
      rootPath: `${directory}/${IMAGE_FILES.root}`,
      rootFormat: 'raw',
      workPath: `${directory}/${IMAGE_FILES.work}`,
      diskBytes: Number(row.diskBytes),
      allocatedBytes: Number(row.allocatedBytes),
      bootArguments: row.bootArguments as string[],
      kernelVersion: row.kernelVersion,
      distribution: row.distribution,
    };
  }

  /** @throws ImageDamagedError when a file is missing or was cut short */
  async checkIntact(row: ImageRow): Promise<void> {
    const image = this.bootable(row);
    for (const path of [image.kernelPath, image.initrdPath, image.rootPath]) {
      const measure = await this.files.measure(path);
      if (measure === undefined) throw new ImageDamagedError(row.name, `the file ${path} is missing`);
      if (measure.sizeBytes === 0) throw new ImageDamagedError(row.name, `the file ${path} is empty`);
      if (path === image.rootPath && measure.sizeBytes !== image.diskBytes) {
        throw new ImageDamagedError(
          row.name,
          `the file ${path} does not have the ${image.diskBytes} bytes it was made with`,
        );
      }
    }
  }

  /** The `releases` of an image's manifest; undefined when it cannot be read. */
  async releasesOf(id: string): Promise<readonly string[] | undefined> {
    try {
      const text = (await this.files.read(`${this.#path(id)}/${IMAGE_FILES.manifest}`)).toString('utf8');
      return (JSON.parse(text) as { releases?: readonly string[] }).releases;
    } catch {
      return undefined;
    }
  }

  onRemoved(listener: (imageId: string) => Promise<void>): void {
    this.#tellRemoved = listener;
  }

  /** @throws ImageInUseError */
  async remove(row: ImageRow): Promise<void> {
    if (!(await this.images.remove(row.id))) {
      const vms = (await this.images.find(row.id))?.vms ?? row.vms;
      throw new ImageInUseError(
        row.name,
        vms.map(({ name }) => name),
      );
    }
    await this.ledger.releaseOwner(imageOwner(row.id), ['directory']);
    await this.#tellRemoved(row.id);
  }

  /** Deletes the images that a newer build has replaced and that no VM stands on any more. */
  async collectSuperseded(): Promise<void> {
    for (const { id } of await this.images.superseded()) {
      try {
        if (!(await this.images.remove(id))) continue;
        await this.ledger.releaseOwner(imageOwner(id), ['directory']);
        await this.#tellRemoved(id);
      } catch (error) {
        // The next start of a daemon takes away what has lost its row; whoever deletes a VM has nothing to do with it.
        this.logger.error(
          { image: id, err: error },
          'an image that a newer one replaced could not be removed',
        );
      }
    }
  }

  /** Daemon start: what a dead daemon was building goes, and whatever has lost its row. */
  async reconcile(): Promise<void> {
    for (const { key, owner } of await this.ledger.list({ kind: 'directory' })) {
      if (owner.type !== 'image') continue;
      const whole = key === this.#path(owner.id) && (await this.images.find(owner.id)) !== undefined;
      if (!whole) await this.#forget(owner.id, key);
    }
    await this.collectSuperseded();
  }

  /** One directory that cannot be taken away, such as one of a place banger no longer uses, must not keep the daemon down. */
  async #forget(id: string, path: string): Promise<void> {
    try {
      await this.sites.discard(id);
      await this.ledger.release('directory', path);
    } catch (error) {
      this.logger.error({ path, err: error }, 'a directory of an image build could not be removed');
    }
  }

  /** In root mode each VMM runs as a user of its own, and all of them read the images. */
  get #bits(): { directory: number; file: number } {
    return this.config.values.mode === 'root'
      ? { directory: 0o755, file: 0o644 }
      : { directory: 0o700, file: 0o600 };
  }

  #path(id: string): string {
    return `${this.config.imagesDirectory}/${id}`;
  }
}
