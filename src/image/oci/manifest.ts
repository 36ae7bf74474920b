import {
  countIn,
  digestIn,
  DocumentProblem,
  objectIn,
  objectsIn,
  optionalObject,
  optionalText,
  parseDocument,
} from './json-document.js';
import type { JsonObject } from './json-document.js';
import { bareType, documentKind, isConfigType, isForeignLayer, layerCompression } from './media-types.js';
import type { Compression, DocumentKind } from './media-types.js';

export const MAX_MANIFEST_BYTES = 4 * 1024 * 1024;
export const MAX_CONFIG_BYTES = 8 * 1024 * 1024;
const MAX_LAYERS = 500;
const MAX_PLATFORMS = 128;
/** `bytes` of one layer, as it is transferred */
export const MAX_LAYER_BYTES = 32 * 1024 ** 3;
/** `bytes` of all */
const MAX_IMAGE_BYTES = 64 * 1024 ** 3;
const MAX_TYPE = 256;

export interface Descriptor {
  readonly digest: string;
  /** `bytes` */
  readonly size: number;
}

export interface LayerDescriptor extends Descriptor {
  readonly compression: Compression;
}

export interface Platform {
  readonly os: string;
  readonly architecture: string;
  /** `v8` of arm64, `v3` of amd64; mostly empty */
  readonly variant: string;
}

export interface IndexEntry extends Descriptor {
  readonly platform: Platform;
}

export type Manifest =
  | { readonly kind: 'index'; readonly entries: readonly IndexEntry[] }
  | { readonly kind: 'manifest'; readonly config: Descriptor; readonly layers: readonly LayerDescriptor[] };

/** @param contentType as the registry says @throws DocumentProblem */
export function parseManifest(content: Buffer, contentType: string | undefined): Manifest {
  const document = parseDocument(content);
  const kind = kindOf(document, bareType(contentType));
  if (kind === 'schema-1')
    throw new DocumentProblem(
      'it has the form of before 2016 (schema 1), which banger does not read; its publisher has to push it anew',
    );
  // One document must not be an index for one reader and a manifest for another.
  if (Object.hasOwn(document, 'manifests') && Object.hasOwn(document, 'layers'))
    throw new DocumentProblem('it is an index and a manifest at once');
  return kind === 'index' ? parseIndex(document) : parseImage(document);
}

function kindOf(document: JsonObject, said: string): DocumentKind {
  if (document['schemaVersion'] === 1) return 'schema-1';
  if (document['schemaVersion'] !== 2) throw new DocumentProblem('"schemaVersion" is not 2');
  const own = optionalText(document, 'mediaType', MAX_TYPE);
  const bySaid = documentKind(said);
  if (own === '') return bySaid ?? kindByContent(document);
  const byOwn = documentKind(own);
  if (byOwn === undefined) throw new DocumentProblem(`its type ${quoted(own)} is not that of an image`);
  if (bySaid !== undefined && own !== said)
    throw new DocumentProblem(
      `the registry says that it is ${quoted(said)}, itself that it is ${quoted(own)}`,
    );
  return byOwn;
}

/** For registries that are plain file servers. */
function kindByContent(document: JsonObject): DocumentKind {
  return Object.hasOwn(document, 'manifests') ? 'index' : 'manifest';
}

function parseIndex(document: JsonObject): Manifest {
  const entries = objectsIn(document, 'manifests', MAX_PLATFORMS).map((entry): IndexEntry => {
    const platform = optionalObject(entry, 'platform');
    return {
      ...descriptor(entry, MAX_MANIFEST_BYTES),
      platform: {
        os: optionalText(platform, 'os', 64),
        architecture: optionalText(platform, 'architecture', 64),
        variant: optionalText(platform, 'variant', 64),
      },
    };
  });
  return { kind: 'index', entries };
}

function parseImage(document: JsonObject): Manifest {
  const config = objectIn(document, 'config');
  const type = optionalText(config, 'mediaType', MAX_TYPE);
  if (!isConfigType(type))
    throw new DocumentProblem(
      `it is no image that can be run: its configuration is of the type ${quoted(type)}`,
    );
  const layers = objectsIn(document, 'layers', MAX_LAYERS).map(parseLayer);
  const total = layers.reduce((sum, { size }) => sum + size, 0);
  if (total > MAX_IMAGE_BYTES)
    throw new DocumentProblem(`its layers have ${total} bytes; more than ${MAX_IMAGE_BYTES} are refused`);
  return { kind: 'manifest', config: descriptor(config, MAX_CONFIG_BYTES), layers };
}

function parseLayer(layer: JsonObject): LayerDescriptor {
  const type = optionalText(layer, 'mediaType', MAX_TYPE);
  if (isForeignLayer(type))
    throw new DocumentProblem(
      'one of its layers must not be kept in registries (those of Windows are such) and is to be fetched elsewhere, which banger does not do',
    );
  const compression = layerCompression(type);
  if (compression === undefined)
    throw new DocumentProblem(`one of its layers is of the type ${quoted(type)}, which banger does not read`);
  return { ...descriptor(layer, MAX_LAYER_BYTES), compression };
}

function descriptor(entry: JsonObject, maxBytes: number): Descriptor {
  return { digest: digestIn(entry, 'digest'), size: countIn(entry, 'size', maxBytes) };
}

function quoted(type: string): string {
  return JSON.stringify(type.slice(0, 100));
}
