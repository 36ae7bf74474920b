import { IMAGE_NAME_PATTERN } from '../../contract/index.js';
import type { ImageMetadataView } from '../../contract/index.js';
import { VERSION } from '../../contract/version.js';
import { IMAGE_FILES } from '../build/build-plan.js';
import type { ImageDigestFacts, ImageFileFacts } from '../metadata/image-digest.js';
import { readBundledMetadata } from './bundled-metadata.js';
import { DocumentProblem, parseTable, Table } from './json-checks.js';

export const BUNDLE_VERSION = 1;
export const BUNDLE_SUFFIX = '.banger.tar.zst';
export const MANIFEST_NAME = IMAGE_FILES.manifest;
/** `bytes`; that of an image with its sources is about two thousand, and metadata as long as may be, with every character escaped, 1.5 MiB */
export const MAX_MANIFEST_BYTES = 2 * 1024 * 1024;

/** What an image is, apart from its files. */
export interface BundledImage {
  readonly name: string;
  /** one line */
  readonly description?: string;
  readonly distribution: string;
  readonly kernelVersion: string;
  /** `bytes` */
  readonly diskBytes: number;
  readonly bootArguments: readonly string[];
  /** what a pulled image says of itself */
  readonly metadata?: ImageMetadataView;
  /** how it came about (recipe, sources, …), for people to read: nothing that works follows from it */
  readonly provenance?: Readonly<Record<string, unknown>>;
}

/** First file of a bundle: what the others are. */
export interface BundleManifest {
  readonly version: typeof BUNDLE_VERSION;
  /** version of the banger that wrote it */
  readonly writtenBy: string;
  readonly image: BundledImage;
  readonly files: readonly ImageFileFacts[];
}

/** Files that an image may have: what lies in an image's directory is trusted by its name. */
export const BUNDLED_FILES: readonly string[] = [
  IMAGE_FILES.kernel,
  IMAGE_FILES.initrd,
  IMAGE_FILES.root,
  IMAGE_FILES.work,
];
/** An image without these boots nowhere. */
const NEEDED_FILES: readonly string[] = [IMAGE_FILES.kernel, IMAGE_FILES.root];

const MAX_BOOT_ARGUMENTS = 64;
export const LINE = /^[^\p{C}\p{Zl}\p{Zp}]{1,200}$/u;
/** no space, no quote: one argument must not become two */
const BOOT_ARGUMENT = /^[A-Za-z0-9_.,:/=@%+-]{1,200}$/;
const KERNEL_VERSION = /^[A-Za-z0-9][A-Za-z0-9.+~_-]{0,99}$/;
const VERSION_TEXT = /^[0-9]{1,4}\.[0-9]{1,4}\.[0-9]{1,4}(?:-[0-9A-Za-z.-]{1,50})?$/;
const HEX_SHA256 = /^[0-9a-f]{64}$/;

export function bundleManifest(image: BundledImage, files: readonly ImageFileFacts[]): BundleManifest {
  return { version: BUNDLE_VERSION, writtenBy: VERSION, image, files };
}

/** Equal manifests make equal bytes, whatever order their fields came in. @throws DocumentProblem */
export function formatManifest(manifest: BundleManifest): Buffer {
  const text = Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`);
  // what is written can be read: the same checks, before anything else is done
  const read = parseManifest(text);
  return Buffer.from(`${JSON.stringify(read, null, 2)}\n`);
}

/** @throws DocumentProblem */
export function parseManifest(text: Buffer): BundleManifest {
  if (text.length > MAX_MANIFEST_BYTES) throw new DocumentProblem('its manifest is too long');
  const table = parseTable(text, 'its manifest');
  const version = table.number('version', 1, 1_000_000);
  const writtenBy = table.text('writtenBy', VERSION_TEXT);
  if (version !== BUNDLE_VERSION)
    throw new DocumentProblem(
      `it is of format ${version}, and this banger ${VERSION} knows format ${BUNDLE_VERSION} alone`,
      `update banger to ${writtenBy}, which wrote it, or to a later version`,
    );
  const files = table.list('files', BUNDLED_FILES.length).map(parseFile);
  const names = files.map(({ name }) => name);
  if (new Set(names).size < names.length) throw new DocumentProblem('its manifest names a file twice');
  const lacking = NEEDED_FILES.find((name) => !names.includes(name));
  if (lacking !== undefined) throw new DocumentProblem(`its manifest names no ${lacking}`);
  const image = parseImage(table.table('image'));
  const root = files.find(({ name }) => name === IMAGE_FILES.root);
  if (root?.sizeBytes !== image.diskBytes)
    throw new DocumentProblem(`"diskBytes" of its manifest is not the size of ${IMAGE_FILES.root}`);
  return { version: BUNDLE_VERSION, writtenBy, image, files };
}

export function digestFacts({ image, files }: BundleManifest): ImageDigestFacts {
  const { kernelVersion, bootArguments, diskBytes } = image;
  return { kernelVersion, bootArguments, diskBytes, files };
}

function parseImage(table: Table): BundledImage {
  const bootArguments = table.list('bootArguments', MAX_BOOT_ARGUMENTS).map((argument) => {
    if (typeof argument !== 'string' || !BOOT_ARGUMENT.test(argument))
      throw new DocumentProblem('its manifest has a boot argument that is none');
    return argument;
  });
  return {
    name: table.text('name', IMAGE_NAME_PATTERN),
    ...(table.has('description') && { description: table.text('description', LINE) }),
    distribution: table.text('distribution', LINE),
    kernelVersion: table.text('kernelVersion', KERNEL_VERSION),
    diskBytes: table.number('diskBytes', 1, Number.MAX_SAFE_INTEGER),
    bootArguments,
    ...(table.has('metadata') && { metadata: readBundledMetadata(table.table('metadata')) }),
    ...(table.has('provenance') && { provenance: table.table('provenance').fields() }),
  };
}

function parseFile(value: unknown): ImageFileFacts {
  const table = new Table(value, 'a file of its manifest');
  const name = table.text('name', /^[a-z0-9.]{1,64}$/);
  if (!BUNDLED_FILES.includes(name))
    throw new DocumentProblem(`its manifest names "${name}", which no image has`);
  return {
    name,
    sizeBytes: table.number('sizeBytes', 1, Number.MAX_SAFE_INTEGER),
    digest: table.text('digest', HEX_SHA256),
  };
}
