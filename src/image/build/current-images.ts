import { Injectable } from '@nestjs/common';
import { ImageNotFoundError } from '../image.errors.js';
import type { BootableImage, ImageRow } from '../image.types.js';
import { ImageDirectories } from '../store/image-directories.js';
import { ImageFiles } from '../store/image-files.js';
import { ImageRepository } from '../store/image.repository.js';
import { IMAGE_FILES } from './build-plan.js';

/** What is there already of what is to be built. */
@Injectable()
export class CurrentImages {
  constructor(
    private readonly images: ImageRepository,
    private readonly directories: ImageDirectories,
    private readonly files: ImageFiles,
  ) {}

  /** One to go on from. @throws ImageNotFoundError, ImageDamagedError */
  async require(name: string): Promise<{ row: ImageRow; image: BootableImage }> {
    const row = await this.images.find(name);
    if (row === undefined)
      throw new ImageNotFoundError(
        name,
        (await this.images.list()).map((image) => image.name),
      );
    await this.directories.checkIntact(row);
    return { row, image: await this.directories.bootable(row) };
  }

  /** Puts an image's kernel and initramfs into a directory too. */
  async takeKernel({ kernelPath, initrdPath }: BootableImage, directory: string): Promise<void> {
    await this.files.link(kernelPath, `${directory}/${IMAGE_FILES.kernel}`);
    await this.files.link(initrdPath, `${directory}/${IMAGE_FILES.initrd}`);
  }

  /** Whether the image of that name is whole, and was made of the same. */
  async has(name: string, recipeDigest: string): Promise<boolean> {
    const row = await this.images.find(name);
    if (row === undefined || row.recipeDigest !== recipeDigest) return false;
    return this.directories.checkIntact(row).then(
      () => true,
      () => false,
    );
  }

  /** What the mirrors had when the image of that name was built; undefined when there is none, or it does not tell. */
  async releasesOf(name: string): Promise<readonly string[] | undefined> {
    const row = await this.images.find(name);
    if (row === undefined) return undefined;
    const releases = (await this.directories.manifest(row.id))?.['releases'];
    return Array.isArray(releases) ? (releases as string[]) : undefined;
  }
}
