import { Injectable } from '@nestjs/common';
import type {
  ImageCatalogParams,
  ImageCatalogView,
  ImagePullParams,
  ImageSourceView,
  OperationView,
} from '../../contract/index.js';
import { Config } from '../../core/config/index.js';
import { Bundles } from '../catalog/bundles.js';
import type { BundleSource } from '../catalog/bundles.js';
import { CatalogBundles } from '../catalog/catalog-bundles.js';
import type { ObtainOptions } from '../catalog/catalog-bundles.js';
import { CatalogReader } from '../catalog/catalog-reader.js';
import type { CatalogSource, ResolvedImage } from '../catalog/catalog-reader.js';
import { catalogReference, catalogSource } from '../catalog/catalog-sources.js';
import { ImageMaking } from '../making/image-making.js';
import type { Making, Product } from '../making/image-making.js';
import { formatProgress } from '../metadata/format-progress.js';
import { BundleToImage } from './bundle-to-image.js';

interface CatalogOrder {
  readonly source: CatalogSource;
  /** as its user named it */
  readonly catalog: string;
  readonly image: string;
  readonly force: boolean;
}

/** Images from catalogs: lists of bundles that others have made. */
@Injectable()
export class CatalogPuller {
  constructor(
    private readonly config: Config,
    private readonly catalogs: CatalogReader,
    private readonly downloads: CatalogBundles,
    private readonly bundles: Bundles,
    private readonly making: ImageMaking,
    private readonly unpacking: BundleToImage,
  ) {}

  /** @throws CatalogInvalidError, CancelledError */
  async list({ catalog, publicKey }: ImageCatalogParams, signal: AbortSignal): Promise<ImageCatalogView> {
    const { location, serial, images } = await this.catalogs.read(this.#source(catalog, publicKey), signal);
    return {
      location,
      serial,
      images: images.map(({ name, description, distribution, digest, bundle }) => ({
        name,
        ...(description !== undefined && { description }),
        distribution,
        digest,
        sizeBytes: bundle.sizeBytes,
      })),
    };
  }

  /**
   * Begins to pull an image; ends at once when the very same is there. It takes the name of an earlier pull of the same
   * image of the same catalog, and of any other image with `force` alone. @throws ImageBusyError
   */
  async begin(
    catalog: string,
    { reference, publicKey, name, force = false }: ImagePullParams,
  ): Promise<OperationView> {
    const source = this.#source(catalog, publicKey);
    const order = { source, catalog, image: reference, force };
    // whose name it may take is known when the catalog has been read
    return this.making.begin({ kind: 'image.pull', name: name ?? reference, replace: true }, (making) =>
      this.#produce(making, order),
    );
  }

  #source(catalog: string, publicKey: string | undefined): CatalogSource {
    const { catalogs, mode } = this.config.values;
    // The configuration is by whoever runs the daemon; a place may be named by anybody who may ask it.
    const given = { catalog, forEverybody: mode === 'root', ...(publicKey !== undefined && { publicKey }) };
    return catalogSource(given, catalogs);
  }

  async #produce(making: Making, order: CatalogOrder): Promise<Product | undefined> {
    const { name, site, step } = making;
    const reference = catalogReference(order.catalog, order.image);
    const wanted = await step('image.catalog', 'reading the catalog', async (progress) => {
      const catalog = await this.catalogs.read(order.source, site.signal);
      const found = catalog.resolve(order.image);
      if (order.force) return found;
      const there = await this.unpacking.find(name, found.digest);
      if (there === 'whole') {
        progress.detail('the image is up to date');
        return undefined;
      }
      const mayReplace = ({ kind, reference: from }: ImageSourceView): boolean =>
        kind === 'catalog' && from === reference;
      if (there === undefined) await this.unpacking.checkFree(name, mayReplace);
      progress.detail(`issue ${catalog.serial}`);
      return found;
    });
    if (wanted === undefined) return undefined;
    const { sizeBytes } = wanted.bundle;
    const options: ObtainOptions = {
      forEverybody: order.source.forEverybody ?? false,
      signal: site.signal,
      download: (fetch) =>
        step('image.fetch', `getting ${order.image}`, (progress) =>
          fetch((bytes) => progress.detail(...formatProgress(bytes, sizeBytes))),
        ),
    };
    return this.downloads.with(wanted, options, (source) =>
      this.#unpack(making, wanted, { source, reference }),
    );
  }

  async #unpack(
    making: Making,
    { name: shown, digest, bundle: { sizeBytes } }: ResolvedImage,
    { source, reference }: { source: BundleSource; reference: string },
  ): Promise<Product> {
    let tell: (text: string, part?: number) => void = () => undefined;
    const options = {
      signal: making.site.signal,
      onProgress: (bytes: number) => tell(...formatProgress(bytes, sizeBytes)),
    };
    const product = await this.bundles.open(source, options, (bundle) =>
      this.unpacking.unpack(making, bundle, { shown, digest, follow: (to) => (tell = to) }),
    );
    return { ...product, source: { kind: 'catalog', reference, digest } };
  }
}
