import { Injectable } from '@nestjs/common';
import { Config } from '../../core/config/index.js';
import { Ledger } from '../../core/operations/index.js';
import type { LedgerEntry, ResourceOwner } from '../../core/operations/index.js';
import { HostDirectories } from '../../host/index.js';
import { ImageFiles } from './image-files.js';
import { SiteLeftovers } from './site-leftovers.js';

/** Where images are made, `.building-ID`, and where they lie, `ID`: each is in the ledger before it is on the disk. */
@Injectable()
export class ImageSites {
  constructor(
    private readonly config: Config,
    private readonly directories: HostDirectories,
    private readonly ledger: Ledger,
    private readonly leftovers: SiteLeftovers,
    private readonly files: ImageFiles,
  ) {}

  /** the directory in which it is made */
  path(id: string): string {
    return `${this.config.imagesDirectory}/.building-${id}`;
  }

  /** the directory in which it is when it is whole */
  finalPath(id: string): string {
    return `${this.config.imagesDirectory}/${id}`;
  }

  async open(id: string): Promise<string> {
    const path = this.path(id);
    await this.directories.make(path, { owner: imageOwner(id), mode: this.bits.directory });
    return path;
  }

  /** What is in the building directory is the image from now on, in full or not at all. */
  async settle(id: string): Promise<void> {
    const key = this.finalPath(id);
    await this.ledger.make({ kind: 'directory', key, owner: imageOwner(id) }, async () => {
      await this.files.replace(this.path(id), key);
    });
    await this.close(id);
  }

  /** The directory has become the image, or was not needed. */
  async close(id: string): Promise<void> {
    await this.ledger.release('directory', this.path(id));
  }

  /** Whatever the making has begun, and its programs, go. None is success. */
  async discard(id: string): Promise<void> {
    await this.leftovers.clear(this.path(id));
    await this.close(id);
  }

  /** All directories of an image go. */
  async remove(id: string): Promise<void> {
    await this.ledger.releaseOwner(imageOwner(id), ['directory']);
  }

  /** Directories of images in the ledger. */
  async booked(): Promise<LedgerEntry[]> {
    const entries = await this.ledger.list({ kind: 'directory' });
    return entries.filter(({ owner }) => owner.type === 'image');
  }

  /** One that cannot be made or taken away as an image's, such as one of a place banger no longer uses. */
  async forget({ key, owner }: LedgerEntry): Promise<void> {
    await this.discard(owner.id);
    await this.ledger.release('directory', key);
  }

  get kernelsDirectory(): string {
    return `${this.config.values.stateDirectory}/kernels`;
  }

  /** In root mode each VMM runs as a user of its own, and all of them read the images. */
  get bits(): { readonly directory: number; readonly file: number } {
    return this.config.values.mode === 'root'
      ? { directory: 0o755, file: 0o644 }
      : { directory: 0o700, file: 0o600 };
  }
}

export function imageOwner(id: string): ResourceOwner {
  return { type: 'image', id };
}
