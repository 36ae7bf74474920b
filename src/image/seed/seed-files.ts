import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { newId } from '../../core/ids.js';
import { IMAGE_FILES } from '../build/build-plan.js';
import type { ImageRow } from '../image.types.js';
import { Blobs } from '../store/blobs.js';
import { ImageDirectories } from '../store/image-directories.js';
import { ImageFiles } from '../store/image-files.js';
import { ImageSites } from '../store/image-sites.js';
import { SeedKey } from './seed-key.js';

/** The seeds of whole images: the one that each was made with, and those of keys that came after it. */
@Injectable()
export class SeedFiles {
  constructor(
    private readonly key: SeedKey,
    private readonly sites: ImageSites,
    private readonly directories: ImageDirectories,
    private readonly files: ImageFiles,
    private readonly blobs: Blobs,
  ) {}

  /** From now on work disks of the image begin as a seed that lets in the daemon's key. */
  async renew({ id, name: image }: Pick<ImageRow, 'id' | 'name'>, signal: AbortSignal): Promise<void> {
    const seedKey = await this.key.fingerprint();
    const seed = seedName(seedKey);
    const manifest = await this.directories.manifest(id);
    const path = `${this.sites.finalPath(id)}/${seed}`;
    // its key was the daemon's before: disks may stand on it
    if (manifest?.files?.some(({ name }) => name === seed) === true && (await this.files.exists(path))) {
      await this.#record(id, { ...manifest, seed, seedKey });
      return;
    }
    const making = newId('img');
    const directory = await this.sites.open(making);
    try {
      await this.files.link(
        `${this.sites.finalPath(id)}/${IMAGE_FILES.work}`,
        `${directory}/${IMAGE_FILES.work}`,
      );
      await this.key.letIn({ directory, signal, output: () => undefined }, image);
      await this.files.replace(`${directory}/${IMAGE_FILES.work}`, `${directory}/${seed}`);
      await this.files.seal(directory, [seed], this.sites.bits.file);
      const files = await this.blobs.share(directory, [seed]);
      await this.files.link(`${directory}/${seed}`, path);
      await this.#record(id, { ...manifest, seed, seedKey, files: [...(manifest?.files ?? []), ...files] });
    } finally {
      await this.sites.discard(making);
      await this.blobs.collect();
    }
  }

  async #record(id: string, manifest: Readonly<Record<string, unknown>>): Promise<void> {
    const directory = this.sites.finalPath(id);
    const draft = `${IMAGE_FILES.manifest}.new`;
    await this.files.write(`${directory}/${draft}`, `${JSON.stringify(manifest, undefined, 2)}\n`);
    await this.files.seal(directory, [draft], this.sites.bits.file);
    await this.files.replace(`${directory}/${draft}`, `${directory}/${IMAGE_FILES.manifest}`);
  }
}

/** The seed of one key has one name, whenever it is made. */
function seedName(fingerprint: string): string {
  return `work-${createHash('sha256').update(fingerprint).digest('hex').slice(0, 16)}.ext4`;
}
