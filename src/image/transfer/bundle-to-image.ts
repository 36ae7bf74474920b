import { Injectable } from '@nestjs/common';
import type { ImageSourceView } from '../../contract/index.js';
import { BUNDLED_FILES, digestFacts } from '../catalog/bundle-manifest.js';
import type { BundleManifest } from '../catalog/bundle-manifest.js';
import type { OpenBundle } from '../catalog/bundles.js';
import { BundleInvalidError } from '../catalog/catalog.errors.js';
import type { Making, Product } from '../making/image-making.js';
import { imageDigest } from '../metadata/image-digest.js';
import { nameOf } from '../metadata/image-name.js';
import { ImageDirectories } from '../store/image-directories.js';
import { ImageRepository } from '../store/image.repository.js';
import { ImageExistsError } from '../image.errors.js';

/** A bundle becomes an image. */
@Injectable()
export class BundleToImage {
  constructor(
    private readonly images: ImageRepository,
    private readonly directories: ImageDirectories,
  ) {}

  /** Whether the image of that name is the one of that digest, or was made of it: there, or there and damaged. */
  async find(name: string, digest: string): Promise<'whole' | 'damaged' | undefined> {
    const row = await this.images.find(name);
    if (row === undefined || row.name !== nameOf(name)) return undefined;
    // what came as another's is known by the digest that it came with: the seed of its work disks is this daemon's own
    const source = row.source as { digest?: string } | null;
    if (row.digest !== digest && source?.digest !== digest) return undefined;
    return this.directories.checkIntact(row).then(
      () => 'whole' as const,
      () => 'damaged' as const,
    );
  }

  /** @throws ImageExistsError when the name is that of another image than those which may be replaced */
  async checkFree(name: string, mayReplace: (source: ImageSourceView) => boolean): Promise<void> {
    const row = await this.images.find(name);
    if (row === undefined || row.name !== nameOf(name)) return;
    const source = row.source as unknown as ImageSourceView | null;
    if (source === null || !mayReplace(source)) throw new ImageExistsError(row.name);
  }

  /** As a step of the making. @throws BundleInvalidError, DiskFullError, CancelledError */
  async unpack(
    { site, step }: Making,
    bundle: OpenBundle,
    { shown, digest, follow }: BundleFacts,
  ): Promise<Omit<Product, 'source'>> {
    const { manifest } = bundle;
    const lacking = BUNDLED_FILES.find((name) => !manifest.files.some((file) => file.name === name));
    if (lacking !== undefined)
      throw new BundleInvalidError(shown, {
        reason: `it has no ${lacking}, without which no VM can be made of it here`,
        fix: 'have its image built again by a newer banger, and exported again',
      });
    await step('image.unpack', `unpacking ${shown}`, async (progress) => {
      follow((text, part) => progress.detail(text, part));
      await bundle.unpack({ into: site.directory, ...(digest !== undefined && { digest }) });
    });
    return productOf(manifest);
  }
}

export interface BundleFacts {
  /** how the user knows it */
  readonly shown: string;
  /** that its image must have */
  readonly digest?: string;
  /** is given what shows the progress */
  readonly follow: (tell: (text: string, part?: number) => void) => void;
}

function productOf(manifest: BundleManifest): Omit<Product, 'source'> {
  const { distribution, kernelVersion, diskBytes, bootArguments, metadata, provenance } = manifest.image;
  return {
    seedAsItIs: true,
    // What it says of its making is not believed: a build here must not take it for its own work.
    recipeDigest: imageDigest(digestFacts(manifest)).replace('sha256:', ''),
    distribution,
    kernelVersion,
    diskBytes,
    bootArguments,
    ...(metadata !== undefined && { metadata }),
    ...(provenance !== undefined && { notes: { provenance } }),
  };
}
