import { Injectable } from '@nestjs/common';
import type { ChannelGrant, ImageImportParams, OperationView } from '../../contract/index.js';
import { OperationRunner } from '../../core/operations/index.js';
import { ByteChannels } from '../../core/rpc/index.js';
import type { ServerByteChannel } from '../../core/rpc/index.js';
import { digestFacts } from '../catalog/bundle-manifest.js';
import { Bundles } from '../catalog/bundles.js';
import type { OpenBundle } from '../catalog/bundles.js';
import { ImageMaking } from '../making/image-making.js';
import type { Making, Product } from '../making/image-making.js';
import { imageDigest } from '../metadata/image-digest.js';
import { formatProgress } from '../metadata/format-progress.js';
import { BundleToImage } from './bundle-to-image.js';

/** Bundles that clients send become images. */
@Injectable()
export class ImageImporter {
  constructor(
    private readonly channels: ByteChannels,
    private readonly bundles: Bundles,
    private readonly making: ImageMaking,
    private readonly operations: OperationRunner,
    private readonly unpacking: BundleToImage,
  ) {}

  /** Begins when the client opens the channel; see ImageImportParams for what it hears. */
  grant(params: ImageImportParams): ChannelGrant {
    return this.channels.grant((channel) => this.#receive(channel, params));
  }

  async #receive(channel: ServerByteChannel, params: ImageImportParams): Promise<void> {
    const over = new AbortController();
    const progress = new ReadProgress(params.sizeBytes);
    const options = {
      signal: AbortSignal.any([channel.aborted, over.signal]),
      onProgress: (bytes: number) => progress.at(bytes),
    };
    await this.bundles.open({ stream: channel.stdin, name: params.file }, options, async (bundle) => {
      const { id } = await this.#begin(bundle, params, (making) => {
        making.site.signal.addEventListener('abort', () => over.abort(making.site.signal.reason), {
          once: true,
        });
        return this.#produce(making, { bundle, params, progress });
      });
      channel.stdout.write(`${JSON.stringify({ operation: id })}\n`);
      await this.#ended(id);
    });
    await channel.exit({ exitCode: 0, signal: null });
  }

  async #begin(
    { manifest }: OpenBundle,
    { name = manifest.image.name, force = false }: ImageImportParams,
    produce: (making: Making) => Promise<Product | undefined>,
  ): Promise<OperationView> {
    const replace = force || (await this.unpacking.find(name, digestOf(manifest))) !== undefined;
    return this.making.begin({ kind: 'image.import', name, replace }, produce);
  }

  async #produce(
    making: Making,
    { bundle, params, progress }: { bundle: OpenBundle; params: ImageImportParams; progress: ReadProgress },
  ): Promise<Product | undefined> {
    const { force = false, file } = params;
    const digest = digestOf(bundle.manifest);
    if (!force) {
      const found = await making.step('image.look', 'looking for the same image', async (step) => {
        const there = (await this.unpacking.find(making.name, digest)) === 'whole';
        step.detail(there ? 'it is here already' : 'it is new');
        return there;
      });
      if (found) return undefined;
    }
    const product = await this.unpacking.unpack(making, bundle, {
      shown: file,
      follow: (tell) => progress.tellTo(tell),
    });
    return { ...product, source: { kind: 'import', reference: file, digest } };
  }

  /** However it ended: that is told by the operation. */
  async #ended(id: string): Promise<void> {
    const events = this.operations.watch(id, new AbortController().signal);
    while ((await events.next()).done !== true);
  }
}

function digestOf(manifest: OpenBundle['manifest']): string {
  return imageDigest(digestFacts(manifest));
}

/** What has been read, for a step that begins later than the reading. */
class ReadProgress {
  #tell: ((text: string, part?: number) => void) | undefined;

  constructor(private readonly totalBytes: number | undefined) {}

  tellTo(tell: (text: string, part?: number) => void): void {
    this.#tell = tell;
  }

  at(bytes: number): void {
    this.#tell?.(...formatProgress(bytes, this.totalBytes));
  }
}
