import { Injectable } from '@nestjs/common';
import { Config } from '../../core/config/index.js';
import { Ledger } from '../../core/operations/index.js';
import type { ResourceOwner } from '../../core/operations/index.js';
import { HostDirectories } from '../../host/index.js';
import { SiteLeftovers } from './site-leftovers.js';

/** The building directories, `.building-ID`: each is in the ledger before it is on the disk. */
@Injectable()
export class ImageSites {
  constructor(
    private readonly config: Config,
    private readonly directories: HostDirectories,
    private readonly ledger: Ledger,
    private readonly leftovers: SiteLeftovers,
  ) {}

  path(id: string): string {
    return `${this.config.imagesDirectory}/.building-${id}`;
  }

  async open(id: string, mode: number): Promise<string> {
    const path = this.path(id);
    await this.directories.make(path, { owner: imageOwner(id), mode });
    return path;
  }

  /** The directory has become the image, or was not needed. */
  async close(id: string): Promise<void> {
    await this.ledger.release('directory', this.path(id));
  }

  /** Whatever a build has begun, and its programs, go. None is success. */
  async discard(id: string): Promise<void> {
    await this.leftovers.clear(this.path(id));
    await this.close(id);
  }
}

export function imageOwner(id: string): ResourceOwner {
  return { type: 'image', id };
}
