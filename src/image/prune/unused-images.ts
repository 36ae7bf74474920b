import { Injectable } from '@nestjs/common';
import { DEFAULT_IMAGE } from '../../contract/index.js';
import type { ImageSourceView, PrunableThing } from '../../contract/index.js';
import { isKind } from '../../core/errors/index.js';
import { IMAGE_FILES } from '../build/build-plan.js';
import { ImageService } from '../image.service.js';
import type { ImageRow } from '../image.types.js';
import { SUPERSEDED_MARK } from '../metadata/image-name.js';
import { ImageDirectories } from '../store/image-directories.js';
import { ImageRepository } from '../store/image.repository.js';
import type { Prunable } from './prunable.js';
import { PrunableThings } from './prunable.js';

/**
 * Images that no VM stands on. The default one stays, since the next VM wants it, and one that was made of a VM is work
 * and no copy of anything: who wants to be rid of them names them.
 */
@Injectable()
export class UnusedImages extends PrunableThings {
  override readonly kinds = ['image'] as const;

  constructor(
    private readonly images: ImageRepository,
    private readonly directories: ImageDirectories,
    private readonly service: ImageService,
  ) {
    super();
  }

  override async list(all: boolean): Promise<Prunable[]> {
    const rows = (await this.images.list()).filter((row) => isUnused(row, all));
    return Promise.all(
      rows.map(async ({ id, name }): Promise<Prunable> => {
        const files = await this.directories.presentFiles(id, Object.values(IMAGE_FILES));
        const reason = isSuperseded(name)
          ? 'a newer one has its name, and no VM stands on it'
          : 'no VM stands on it';
        const paths = files.map(({ path }) => path);
        return { kind: 'image', id, name, reason, paths, moreBytes: this.service.bytesBeside(id) };
      }),
    );
  }

  override async remove({ id }: Prunable): Promise<boolean> {
    try {
      await this.service.delete(id);
      return true;
    } catch (error) {
      if (isKind(error, 'IMAGE_NOT_FOUND')) return true;
      if (isKind(error, 'IMAGE_BUSY') || isKind(error, 'IMAGE_IN_USE')) return false;
      throw error;
    }
  }

  override async exists({ id }: PrunableThing): Promise<boolean> {
    return (await this.images.find(id)) !== undefined;
  }
}

function isUnused({ name, vms, source }: ImageRow, all: boolean): boolean {
  if (vms.length > 0) return false;
  if (isSuperseded(name)) return true;
  const { kind } = (source ?? { kind: 'build' }) as unknown as ImageSourceView;
  return all && name !== DEFAULT_IMAGE && kind !== 'promote';
}

function isSuperseded(name: string): boolean {
  return name.includes(SUPERSEDED_MARK);
}
