import { Injectable } from '@nestjs/common';
import type { ImagePullParams, OperationView } from '../../contract/index.js';
import { BuildPreflight } from '../build/build-preflight.js';
import { ImageMaking } from '../making/image-making.js';
import type { Making, Product } from '../making/image-making.js';
import { readImageMetadata } from '../metadata/image-metadata.js';
import { OciSource } from '../oci/oci-source.js';
import type { OciImage } from '../oci/oci-image.js';
import { formatReference, localImageName, parseReference } from '../oci/reference.js';
import type { OciReference } from '../oci/reference.js';
import { ImageRepository } from '../store/image.repository.js';
import { LayersToImage } from './layers-to-image.js';

/** Images of OCI registries, made bootable. */
@Injectable()
export class ImagePuller {
  constructor(
    private readonly making: ImageMaking,
    private readonly preflight: BuildPreflight,
    private readonly registries: OciSource,
    private readonly images: ImageRepository,
    private readonly layers: LayersToImage,
  ) {}

  /**
   * Begins to pull an image; ends at once when the very same is there. It takes the name of an earlier pull of the
   * same reference, and of any other image with `force` alone.
   * @throws ImageReferenceInvalidError, ImageExistsError, ImageBusyError, HostBinaryMissingError, DiskFullError
   */
  async begin({ reference: text, name, force = false }: ImagePullParams): Promise<OperationView> {
    const reference = parseReference(text);
    const as = name ?? localImageName(reference);
    await this.preflight.check();
    const replace = force || (await this.#isPullOf(reference, as));
    return this.making.begin({ kind: 'image.pull', name: as, replace }, (making) =>
      this.#produce(making, reference, force),
    );
  }

  async #isPullOf(reference: OciReference, name: string): Promise<boolean> {
    const source = (await this.images.find(name))?.source as { kind?: string; reference?: string } | null;
    return source?.kind === 'pull' && source.reference === formatReference(reference);
  }

  async #produce(making: Making, reference: OciReference, force: boolean): Promise<Product | undefined> {
    const { name, site, step } = making;
    const title = `getting ${formatReference(reference)}`;
    let pulled: OciImage | undefined;
    try {
      const image = await step('image.fetch', title, async (progress) => {
        pulled = await this.registries.fetch(reference, {
          signal: site.signal,
          onProgress: ({ doneBytes, totalBytes }) =>
            progress.detail(
              `${mib(doneBytes)} of ${mib(totalBytes)} MiB`,
              doneBytes / Math.max(totalBytes, 1),
            ),
        });
        if (force || !(await this.#isCurrent(name, pulled))) return pulled;
        progress.detail('the image is up to date');
        return undefined;
      });
      if (image === undefined) return undefined;
      const { metadata, warnings } = metadataOf(image);
      for (const warning of warnings) making.operation.warn(warning);
      const made = await this.layers.make(making, { layers: image.layers, environment: metadata.env });
      return {
        ...made,
        recipeDigest: this.layers.recipeDigest(image.manifestDigest),
        source: { kind: 'pull', reference: formatReference(reference), digest: image.manifestDigest },
        metadata: Object.assign({}, metadata, {
          entrypoint: [...metadata.entrypoint],
          cmd: [...metadata.cmd],
          env: { ...metadata.env },
          labels: { ...metadata.labels },
        }),
      };
    } finally {
      pulled?.release();
    }
  }

  /** The same content, made the same way. */
  async #isCurrent(name: string, { manifestDigest }: OciImage): Promise<boolean> {
    const row = await this.images.find(name);
    return row !== undefined && row.recipeDigest === this.layers.recipeDigest(manifestDigest);
  }
}

function metadataOf({ config }: OciImage): ReturnType<typeof readImageMetadata> {
  return readImageMetadata({
    Env: config.env,
    User: config.user,
    WorkingDir: config.workdir === '' ? undefined : config.workdir,
    Entrypoint: config.entrypoint,
    Cmd: config.cmd,
    Labels: config.labels,
  });
}

function mib(bytes: number): string {
  return (bytes / 1024 ** 2).toFixed(1);
}
