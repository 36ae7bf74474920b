import { Inject, Injectable } from '@nestjs/common';
import type { ChannelGrant, ImageMetadataView } from '../../contract/index.js';
import { LOGGER } from '../../core/logging/index.js';
import type { Logger } from '../../core/logging/index.js';
import { ByteChannels } from '../../core/rpc/index.js';
import { IMAGE_FILES } from '../build/build-plan.js';
import { BUNDLED_FILES } from '../catalog/bundle-manifest.js';
import type { BundledImage, BundleManifest } from '../catalog/bundle-manifest.js';
import { Bundles } from '../catalog/bundles.js';
import { ImageDamagedError } from '../image.errors.js';
import type { ImageManifest, ImageRow } from '../image.types.js';
import { baseName } from '../metadata/image-name.js';
import { ImageDirectories } from '../store/image-directories.js';
import { ImageRepository } from '../store/image.repository.js';

/** `UTF-16 units`; more is left out */
const MAX_PROVENANCE = 64 * 1024;
/** What a manifest says that a bundle says elsewhere, or that has no meaning for others. */
const NOT_TOLD = ['version', 'id', 'name', 'files', 'metadata', 'bootArguments', 'kernelId', 'seedKey'];

/** Images as bundles, handed to whoever asks: the file is made by them, with their rights. */
@Injectable()
export class ImageExporter {
  constructor(
    private readonly channels: ByteChannels,
    private readonly images: ImageRepository,
    private readonly directories: ImageDirectories,
    private readonly bundles: Bundles,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** The bundle is made when the client opens the channel. @throws ImageNotFoundError, ImageDamagedError */
  async grant(nameOrId: string): Promise<ChannelGrant> {
    const row = await this.images.require(nameOrId);
    await this.directories.checkIntact(row);
    const manifest = await this.directories.manifest(row.id);
    const files = await this.directories.presentFiles(row.id, BUNDLED_FILES);
    return this.channels.grant(async (channel) => {
      this.logger.info({ image: row.id }, 'an image is sent to a client');
      await this.bundles.write({
        files,
        image: bundledImage(row, manifest),
        target: channel.stdout,
        check: (written) => checkAgainst(manifest, written, row.name),
        signal: channel.aborted,
      });
      await channel.exit({ exitCode: 0, signal: null });
    });
  }
}

function bundledImage(row: ImageRow, manifest: Record<string, unknown> | undefined): BundledImage {
  const told = Object.entries(manifest ?? {}).filter(([name]) => !NOT_TOLD.includes(name));
  const provenance = Object.fromEntries(told);
  const metadata = row.metadata as unknown as ImageMetadataView | null;
  return {
    // one that a newer has replaced is called after it, which is no name to give
    name: baseName(row.name),
    distribution: row.distribution,
    kernelVersion: row.kernelVersion,
    diskBytes: Number(row.diskBytes),
    bootArguments: row.bootArguments as string[],
    ...(metadata !== null && { metadata }),
    ...(told.length > 0 && JSON.stringify(provenance).length <= MAX_PROVENANCE && { provenance }),
  };
}

/** The seed of work disks is not compared: it is made anew when the daemon gets another key. @throws ImageDamagedError */
function checkAgainst(
  manifest: Partial<ImageManifest> | undefined,
  { files }: BundleManifest,
  image: string,
): void {
  for (const { name, digest, sizeBytes } of manifest?.files ?? []) {
    const found = files.find((file) => file.name === name);
    if (name === IMAGE_FILES.work || (found?.digest === digest && found.sizeBytes === sizeBytes)) continue;
    throw new ImageDamagedError(image, `its file ${name} is not what it was when the image was made`);
  }
}
