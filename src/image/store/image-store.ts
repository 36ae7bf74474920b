import { Inject, Injectable } from '@nestjs/common';
import { LOGGER } from '../../core/logging/index.js';
import type { Logger } from '../../core/logging/index.js';
import { IMAGE_FILES } from '../build/build-plan.js';
import { ImageInUseError } from '../image.errors.js';
import type { ImageDraft, ImageRow } from '../image.types.js';
import { imageDigest } from '../metadata/image-digest.js';
import type { ImageFileFacts } from '../metadata/image-digest.js';
import { Blobs } from './blobs.js';
import type { FileReference } from './file-references.js';
import { ImageDirectories } from './image-directories.js';
import { ImageFiles } from './image-files.js';
import { ImageSites } from './image-sites.js';
import { ImageRepository } from './image.repository.js';

/** What a VM boots from. */
const CONTENT: readonly string[] = [
  IMAGE_FILES.kernel,
  IMAGE_FILES.initrd,
  IMAGE_FILES.root,
  IMAGE_FILES.work,
];

/** Images come and go whole: row and directory together. */
@Injectable()
export class ImageStore {
  #tellRemoved: (imageId: string) => Promise<void> = () => Promise.resolve();
  #bytesBeside: (imageId: string) => number = () => 0;

  constructor(
    private readonly sites: ImageSites,
    private readonly directories: ImageDirectories,
    private readonly files: ImageFiles,
    private readonly blobs: Blobs,
    private readonly images: ImageRepository,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /**
   * What is in the building directory becomes the image of that name, in full or not at all. What lies there beside an
   * image's files goes; so does the image that had the name, unless VMs stand on it.
   */
  async publish({ notes, ...draft }: ImageDraft): Promise<void> {
    const building = this.sites.path(draft.id);
    const kept =
      draft.reference === undefined ? CONTENT : CONTENT.filter((name) => name !== IMAGE_FILES.root);
    for (const name of await this.files.list(building))
      if (!kept.includes(name)) await this.files.remove(`${building}/${name}`);
    const { file } = this.sites.bits;
    await this.files.seal(building, kept, file);
    const files = await this.blobs.share(building, kept);
    // as its digest goes it is one file like any other
    if (draft.reference !== undefined) files.push(rootFacts(draft.reference));
    const image = { ...draft, digest: imageDigest({ ...draft, files }) };
    const manifest = JSON.stringify({ version: 2, ...image, ...notes, files }, undefined, 2);
    await this.files.write(`${building}/${IMAGE_FILES.manifest}`, `${manifest}\n`);
    await this.files.seal(building, [IMAGE_FILES.manifest], file);
    await this.sites.settle(image.id);
    await this.images.insert({
      ...image,
      allocatedBytes: await this.directories.allocatedBytes(image.id),
    });
    await this.collectSuperseded();
  }

  /** Undo of {@link publish}; an image that has its row stays. */
  async withdraw(id: string): Promise<void> {
    if ((await this.images.find(id)) !== undefined) return;
    await this.sites.discard(id);
    await this.sites.remove(id);
    await this.blobs.collect();
  }

  onRemoved(listener: (imageId: string) => Promise<void>, bytesOf: (imageId: string) => number): void {
    this.#tellRemoved = listener;
    this.#bytesBeside = bytesOf;
  }

  /** What goes with an image beside its files, `bytes` */
  bytesBeside(imageId: string): number {
    return this.#bytesBeside(imageId);
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
    await this.#removeFiles(row.id);
  }

  /** Deletes the images that a newer one has replaced and that no VM stands on any more. */
  async collectSuperseded(): Promise<void> {
    for (const { id } of await this.images.superseded()) {
      try {
        if (await this.images.remove(id)) await this.#removeFiles(id);
      } catch (error) {
        // The next start of a daemon takes away what has lost its row; whoever deletes a VM has nothing to do with it.
        this.logger.error(
          { image: id, err: error },
          'an image that a newer one replaced could not be removed',
        );
      }
    }
  }

  /** Daemon start: what a dead daemon was making goes, and whatever has lost its row. */
  async reconcile(): Promise<void> {
    for (const entry of await this.sites.booked()) {
      const { id } = entry.owner;
      if (entry.key === this.sites.finalPath(id) && (await this.images.find(id)) !== undefined) continue;
      // one directory that cannot be taken away must not keep the daemon down
      await this.sites.forget(entry).catch((error: unknown) => {
        this.logger.error(
          { path: entry.key, err: error },
          'a directory of an image build could not be removed',
        );
      });
    }
    await this.collectSuperseded();
    await this.blobs.collect();
  }

  async #removeFiles(id: string): Promise<void> {
    await this.sites.remove(id);
    await this.blobs.collect();
    await this.#tellRemoved(id);
  }
}

function rootFacts({ sizeBytes, digest }: FileReference): ImageFileFacts {
  return { name: IMAGE_FILES.root, sizeBytes, digest };
}
