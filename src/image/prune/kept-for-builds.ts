import { Injectable } from '@nestjs/common';
import type { PrunableThing } from '../../contract/index.js';
import { Config } from '../../core/config/index.js';
import { ImageFiles } from '../store/image-files.js';
import type { Prunable } from './prunable.js';
import { PrunableThings } from './prunable.js';
import { UnderWay } from './under-way.js';

const PLACES = [
  { kind: 'packages', directory: 'cache/images', reason: 'kept for the next build' },
  { kind: 'step', directory: 'cache/steps', reason: 'kept for the next build' },
] as const;
/** characters of a name that are shown */
const SHOWN = 24;

/** What builds have left for the next one. */
@Injectable()
export class KeptForBuilds extends PrunableThings {
  override readonly kinds = ['packages', 'step'] as const;

  constructor(
    private readonly config: Config,
    private readonly files: ImageFiles,
    private readonly underWay: UnderWay,
  ) {
    super();
  }

  override async list(): Promise<Prunable[]> {
    if (await this.underWay.isAny()) return [];
    const things = PLACES.map(async ({ kind, directory, reason }): Promise<Prunable[]> => {
      const names = await this.files.list(this.#path(directory));
      return names.map((id) => {
        const name = id.length > SHOWN ? id.replace(/(-?[0-9a-f]{12})[0-9a-f]+.*$/, '$1') : id;
        return { kind, id, name, reason, paths: [`${this.#path(directory)}/${id}`] };
      });
    });
    return (await Promise.all(things)).flat();
  }

  override async remove({ paths }: Prunable): Promise<boolean> {
    if (await this.underWay.isAny()) return false;
    for (const path of paths) await this.files.remove(path);
    return true;
  }

  override async exists({ kind, id }: PrunableThing): Promise<boolean> {
    const place = PLACES.find((one) => one.kind === kind);
    return place !== undefined && (await this.files.list(this.#path(place.directory))).includes(id);
  }

  #path(directory: string): string {
    return `${this.config.values.stateDirectory}/${directory}`;
  }
}
