import { Injectable } from '@nestjs/common';
import { Config } from '../../core/config/index.js';
import { toBangerError } from '../../core/errors/index.js';
import { Ledger } from '../../core/operations/index.js';
import type { OperationContext } from '../../core/operations/index.js';
import { ImageDirectories } from './image-directories.js';
import { ImageFiles } from './image-files.js';
import { IMAGE_FILES } from '../build/build-plan.js';
import { imageOwner } from './image-sites.js';
import { ImageRepository } from './image.repository.js';
import type { ImageManifest, NewImage } from '../image.types.js';

/** Enters images into the books again that the books have lost, from their manifests. */
@Injectable()
export class ImageRegistration {
  constructor(
    private readonly config: Config,
    private readonly files: ImageFiles,
    private readonly ledger: Ledger,
    private readonly images: ImageRepository,
    private readonly directories: ImageDirectories,
  ) {}

  /** Each image entered is a step of the operation. */
  async run(operation: OperationContext): Promise<void> {
    // a build under way puts its directory into place a moment before the row
    const booked = new Set((await this.ledger.list({ kind: 'directory' })).map(({ key }) => key));
    const known = (await this.images.list()).map(({ id }) => id);
    // one whose row a repair has made, and that did not come to the ledger
    for (const id of known) if (!booked.has(this.#path(id))) await this.#book(id);
    for (const id of await this.#lost(new Set(known), booked)) {
      const image = await this.#describe(id);
      if (image === undefined) continue;
      const title = `image ${image.name}: the books do not know it`;
      try {
        await operation.step('image.register', title, async (step) => {
          // In this order: what the ledger keeps without a row is deleted by the next start of the daemon.
          await this.images.register(image);
          await this.#book(id);
          step.detail('entered again');
        });
      } catch (error) {
        operation.signal.throwIfAborted();
        operation.warn(`${title}, and it could not be entered again: ${toBangerError(error).message}`);
      }
    }
  }

  async #lost(known: ReadonlySet<string>, booked: ReadonlySet<string>): Promise<string[]> {
    if (!(await this.files.exists(this.config.imagesDirectory))) return [];
    const names = await this.files.list(this.config.imagesDirectory);
    return names
      .filter((name) => name.startsWith('img_') && !known.has(name))
      .filter((name) => !booked.has(this.#path(name)));
  }

  /** undefined when it is not whole */
  async #describe(id: string): Promise<NewImage | undefined> {
    const manifest = await this.directories.manifest(id);
    const elsewhere = manifest?.reference !== undefined;
    const names = Object.values(IMAGE_FILES).filter((name) => !elsewhere || name !== IMAGE_FILES.root);
    const present = await Promise.all(names.map((name) => this.files.exists(`${this.#path(id)}/${name}`)));
    if (present.includes(false) || manifest?.id !== id) return undefined;
    const { name, recipeDigest, distribution, kernelVersion, diskBytes, bootArguments } =
      manifest as ImageManifest;
    return {
      id,
      name,
      recipeDigest,
      distribution,
      kernelVersion,
      diskBytes,
      bootArguments,
      digest: manifest.digest ?? '',
      source: manifest.source ?? { kind: 'build' },
      metadata: manifest.metadata,
      seedKey: manifest.seedKey,
      allocatedBytes: await this.directories.allocatedBytes(id),
    };
  }

  async #book(id: string): Promise<void> {
    const request = { kind: 'directory', key: this.#path(id), owner: imageOwner(id) } as const;
    await this.ledger.make(request, () => Promise.resolve());
  }

  #path(id: string): string {
    return `${this.config.imagesDirectory}/${id}`;
  }
}
