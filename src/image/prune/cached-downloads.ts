import { Injectable } from '@nestjs/common';
import type { PrunableThing } from '../../contract/index.js';
import { BundleCache } from '../catalog/bundle-cache.js';
import { LayerCache } from '../oci/layer-cache.js';
import type { Prunable } from './prunable.js';
import { PrunableThings } from './prunable.js';

const SHOWN_DIGITS = 12;

/** What came from registries and catalogs. */
@Injectable()
export class CachedDownloads extends PrunableThings {
  override readonly kinds = ['layer', 'download'] as const;

  constructor(
    private readonly layers: LayerCache,
    private readonly bundles: BundleCache,
  ) {
    super();
  }

  override async list(): Promise<Prunable[]> {
    const layers = (await this.layers.list()).filter(({ held }) => !held);
    const bundles = await this.bundles.unused();
    return [
      ...layers.map(({ digest, whole, path }): Prunable => {
        const name = digest.replace('sha256:', '').slice(0, SHOWN_DIGITS);
        return whole
          ? {
              kind: 'layer',
              id: digest,
              name,
              reason: 'a pull has brought it; its registry has it',
              paths: [path],
            }
          : { kind: 'download', id: digest, name, reason: 'it was broken off', paths: [path] };
      }),
      ...bundles.map((id): Prunable => {
        const paths = [`${this.bundles.directory}/${id}`];
        return { kind: 'download', id, name: id.slice(0, SHOWN_DIGITS), reason: 'it was broken off', paths };
      }),
    ];
  }

  override remove({ kind, id }: Prunable): Promise<boolean> {
    if (kind === 'download' && !isDigest(id)) return this.bundles.delete(id);
    return this.layers.delete(id);
  }

  override async exists({ kind, id }: PrunableThing): Promise<boolean> {
    if (kind === 'download' && !isDigest(id)) return this.bundles.has(id);
    return (await this.layers.list()).some(
      ({ digest, whole }) => digest === id && whole === (kind === 'layer'),
    );
  }
}

function isDigest(id: string): boolean {
  return id.startsWith('sha256:');
}
