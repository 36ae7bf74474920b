import { Injectable } from '@nestjs/common';
import { ImageDirectories } from '../store/image-directories.js';
import { ImageRepository } from '../store/image.repository.js';

/** What is there already of what is to be built. */
@Injectable()
export class CurrentImages {
  constructor(
    private readonly images: ImageRepository,
    private readonly directories: ImageDirectories,
  ) {}

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
