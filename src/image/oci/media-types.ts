export type Compression = 'none' | 'gzip' | 'zstd';

const INDEXES = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
];
const MANIFESTS = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
];
const CONFIGS = [
  'application/vnd.oci.image.config.v1+json',
  'application/vnd.docker.container.image.v1+json',
];

/** For the Accept header. */
export const ACCEPTED_MANIFESTS = [...INDEXES, ...MANIFESTS].join(', ');

const LAYERS: Readonly<Record<string, Compression>> = {
  'application/vnd.oci.image.layer.v1.tar': 'none',
  'application/vnd.oci.image.layer.v1.tar+gzip': 'gzip',
  'application/vnd.oci.image.layer.v1.tar+zstd': 'zstd',
  'application/vnd.docker.image.rootfs.diff.tar': 'none',
  'application/vnd.docker.image.rootfs.diff.tar.gzip': 'gzip',
  'application/vnd.docker.image.rootfs.diff.tar.zstd': 'zstd',
};

export type DocumentKind = 'index' | 'manifest' | 'schema-1';

/** Undefined of a type that is none of these. */
export function documentKind(mediaType: string): DocumentKind | undefined {
  if (INDEXES.includes(mediaType)) return 'index';
  if (MANIFESTS.includes(mediaType)) return 'manifest';
  return /^application\/vnd\.docker\.distribution\.manifest\.v1\+(json|prettyjws)$/.test(mediaType)
    ? 'schema-1'
    : undefined;
}

export function isConfigType(mediaType: string): boolean {
  return CONFIGS.includes(mediaType);
}

/** Undefined of a layer that banger does not read. */
export function layerCompression(mediaType: string): Compression | undefined {
  return Object.hasOwn(LAYERS, mediaType) ? LAYERS[mediaType] : undefined;
}

/** Of layers that lie elsewhere than in the registry, those of Windows. */
export function isForeignLayer(mediaType: string): boolean {
  return /(foreign|nondistributable)/.test(mediaType);
}

/** Without its parameters. */
export function bareType(contentType: string | undefined): string {
  return (contentType ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
}
