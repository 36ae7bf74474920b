import { Inject, Injectable } from '@nestjs/common';
import { LOGGER } from '../../core/logging/index.js';
import type { Logger } from '../../core/logging/index.js';
import type { ImageRow } from '../image.types.js';
import { ImageLocks } from '../store/image-locks.js';
import { ImageRepository } from '../store/image.repository.js';
import { SeedFiles } from './seed-files.js';
import { SeedKey } from './seed-key.js';

/**
 * Seeds let in the key that the daemon has now, not one that it had when the image was made, or that another daemon has.
 * What a seed was before stays beside it: disks stand on that, those of templates too, and would be torn.
 */
@Injectable()
export class SeedRenewal {
  readonly #underWay = new Map<string, Promise<void>>();

  constructor(
    private readonly key: SeedKey,
    private readonly seeds: SeedFiles,
    private readonly locks: ImageLocks,
    private readonly images: ImageRepository,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Before a work disk is made of it. That it fails is no reason to make none: a VM is told at its start whom it lets in. */
  async renew(row: ImageRow): Promise<void> {
    const fingerprint = await this.key.fingerprint();
    if (row.seedKey === fingerprint) return;
    const renewing = this.#underWay.get(row.id) ?? this.#run(row, fingerprint);
    this.#underWay.set(row.id, renewing);
    try {
      await renewing;
    } catch (error) {
      this.logger.warn({ image: row.id, err: error }, 'the work seed of an image still lets in another key');
    } finally {
      this.#underWay.delete(row.id);
    }
  }

  async #run(row: ImageRow, fingerprint: string): Promise<void> {
    const release = this.locks.hold(row.name, 'a renewal of its work seed');
    try {
      await this.seeds.renew(row, new AbortController().signal);
      await this.images.setSeedKey(row.id, fingerprint);
      this.logger.info(
        { image: row.id, key: fingerprint },
        'the work seed of an image lets in another key now',
      );
    } finally {
      release();
    }
  }
}
