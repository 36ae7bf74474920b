import { Inject, Injectable } from '@nestjs/common';
import { Config } from '../../core/config/index.js';
import { isKind } from '../../core/errors/index.js';
import { LOGGER } from '../../core/logging/index.js';
import type { Logger } from '../../core/logging/index.js';
import { Documents } from '../download/documents.js';
import { Downloads } from '../download/downloads.js';
import { endpointsOf } from './endpoints.js';
import type { Endpoint } from './endpoints.js';
import { explainRegistryFailure } from './explain-registry-failure.js';
import { inParallel } from './in-parallel.js';
import { LayerCache } from './layer-cache.js';
import type { LayerDescriptor } from './manifest.js';
import type { OciImage, PullProgress } from './oci-image.js';
import { formatReference } from './reference.js';
import type { OciReference } from './reference.js';
import { RegistryCredentials } from './registry-credentials.js';
import { RegistrySession } from './registry-session.js';
import { resolveImage } from './resolve-image.js';
import type { ResolvedImage } from './resolve-image.js';

const LAYERS_AT_ONCE = 4;

export interface PullFacts {
  readonly signal: AbortSignal;
  /** called for each piece that comes: often */
  readonly onProgress: (progress: PullProgress) => void;
}

/** Images from OCI registries, up to verified layers in the cache. */
@Injectable()
export class OciSource {
  constructor(
    private readonly config: Config,
    private readonly documents: Documents,
    private readonly downloads: Downloads,
    private readonly credentials: RegistryCredentials,
    private readonly cache: LayerCache,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /**
   * The caller releases what it gets. Mirrors are asked first; what they lack, or do wrongly, comes from the registry.
   * @throws ImageNotInRegistryError, ImagePlatformMissingError, OciContentRefusedError, RegistryDeniedError,
   * RegistryBusyError, RegistryFailedError, DiskFullError, PermissionDeniedError, CancelledError
   */
  async fetch(reference: OciReference, facts: PullFacts): Promise<OciImage> {
    const endpoints = endpointsOf(reference, this.config.values.registries);
    for (const mirror of endpoints.slice(0, -1)) {
      try {
        return await this.#fetchFrom(mirror, reference, facts);
      } catch (error) {
        if (!isFaultOfServer(error)) throw error;
        this.logger.info({ mirror: mirror.registry, err: error }, 'a mirror did not serve an image');
      }
    }
    const [registry] = endpoints.slice(-1) as [Endpoint];
    return this.#fetchFrom(registry, reference, facts);
  }

  async #fetchFrom(endpoint: Endpoint, reference: OciReference, facts: PullFacts): Promise<OciImage> {
    const tools = { documents: this.documents, downloads: this.downloads, credentials: this.credentials };
    const image = formatReference(reference);
    const session = new RegistrySession(endpoint, image, tools, facts.signal);
    const resolved = await resolveImage(session, reference);
    const hold = this.cache.hold(resolved.layers.map(({ digest }) => digest));
    try {
      const paths = await this.#fetchLayers(resolved, session, facts);
      return {
        reference,
        manifestDigest: resolved.manifestDigest,
        config: resolved.config,
        layers: resolved.layers.map(({ digest, size, compression }, index) => ({
          digest,
          diffId: resolved.config.diffIds[index] ?? '',
          compression,
          path: paths.get(digest) ?? '',
          sizeBytes: size,
        })),
        release: () => hold.release(),
      };
    } catch (error) {
      hold.release();
      throw explainRegistryFailure(error, { endpoint, image, part: 'layers' });
    }
  }

  /** Paths by digest. */
  async #fetchLayers(
    resolved: ResolvedImage,
    session: RegistrySession,
    { signal, onProgress }: PullFacts,
  ): Promise<Map<string, string>> {
    const layers = [...new Map(resolved.layers.map((layer) => [layer.digest, layer])).values()];
    const totalBytes = layers.reduce((sum, { size }) => sum + size, 0);
    const done = new Map<string, number>();
    const paths = new Map<string, string>();
    const tell = (digest: string, bytes: number): void => {
      done.set(digest, bytes);
      onProgress({ doneBytes: [...done.values()].reduce((sum, one) => sum + one, 0), totalBytes });
    };
    const fetchOne = async (layer: LayerDescriptor, stop: AbortSignal): Promise<void> => {
      const path = await this.cache.ensure(
        layer,
        (target, onBytes) => session.download(layer, target, { signal: stop, onProgress: onBytes }),
        { signal: stop, onProgress: (bytes) => tell(layer.digest, bytes) },
      );
      paths.set(layer.digest, path);
    };
    await inParallel(layers, { atOnce: LAYERS_AT_ONCE, signal }, fetchOne);
    return paths;
  }
}

/** What another server may do better. */
function isFaultOfServer(error: unknown): boolean {
  return (
    isKind(error, 'REGISTRY_FAILED') ||
    isKind(error, 'REGISTRY_BUSY') ||
    isKind(error, 'REGISTRY_DENIED') ||
    isKind(error, 'IMAGE_NOT_IN_REGISTRY') ||
    isKind(error, 'IMAGE_CONTENT_REFUSED') ||
    isKind(error, 'IMAGE_PLATFORM_MISSING')
  );
}
