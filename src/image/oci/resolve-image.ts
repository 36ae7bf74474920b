import { explainRegistryFailure } from './explain-registry-failure.js';
import { DocumentProblem } from './json-document.js';
import { parseManifest } from './manifest.js';
import type { LayerDescriptor, Manifest } from './manifest.js';
import { parseConfig } from './oci-config.js';
import type { OciConfig } from './oci-config.js';
import { ImagePlatformMissingError } from './oci.errors.js';
import { chooseEntry, GUEST_PLATFORM, isGuestPlatform, platformNames } from './platform.js';
import { formatReference } from './reference.js';
import type { OciReference } from './reference.js';
import type { ManifestDocument, RegistrySession } from './registry-session.js';

/** An image of which everything is known but the content of its layers. */
export interface ResolvedImage {
  readonly manifestDigest: string;
  readonly config: OciConfig;
  /** lowest first */
  readonly layers: readonly LayerDescriptor[];
}

/** Of the platform that guests have. @throws as OciSource.fetch */
export async function resolveImage(
  session: RegistrySession,
  reference: OciReference,
): Promise<ResolvedImage> {
  const image = formatReference(reference);
  const missing = (available: string[]): ImagePlatformMissingError =>
    new ImagePlatformMissingError(image, GUEST_PLATFORM, available);
  const explained = <T>(part: string, parse: () => T): T => {
    try {
      return parse();
    } catch (error) {
      throw explainRegistryFailure(error, { endpoint: session.endpoint, image, part });
    }
  };
  const { digest, manifest } = await findManifest(session, reference, { missing, explained });
  const content = await session.smallBlob(manifest.config, 'configuration');
  const config = explained('configuration', () => parseConfig(content, manifest.layers.length));
  // an index may say otherwise, and an image without one says it here alone
  if (!isGuestPlatform(config))
    throw missing(platformNames([{ digest, size: 0, platform: { ...config, variant: '' } }]));
  return { manifestDigest: digest, config, layers: manifest.layers };
}

type ImageManifest = Manifest & { kind: 'manifest' };

async function findManifest(
  session: RegistrySession,
  { tag, digest }: OciReference,
  helpers: {
    missing: (available: string[]) => ImagePlatformMissingError;
    explained: <T>(part: string, parse: () => T) => T;
  },
): Promise<{ digest: string; manifest: ImageManifest }> {
  const parse = (document: ManifestDocument): Manifest =>
    helpers.explained('manifest', () => parseManifest(document.content, document.contentType));
  const first = await session.manifest(digest ?? tag ?? 'latest');
  const manifest = parse(first);
  if (manifest.kind === 'manifest') return { digest: first.digest, manifest };
  const entry = chooseEntry(manifest.entries);
  if (entry === undefined) throw helpers.missing(platformNames(manifest.entries));
  const second = await session.manifest(entry.digest);
  return helpers.explained('manifest', () => {
    if (second.content.length !== entry.size)
      throw new DocumentProblem(`it has ${second.content.length} bytes instead of ${entry.size}`);
    const chosen = parse(second);
    if (chosen.kind === 'index') throw new DocumentProblem('it is an index within an index');
    return { digest: second.digest, manifest: chosen };
  });
}
