import { IMAGE_NAME_PATTERN } from '../../contract/index.js';
import { LINE } from './bundle-manifest.js';
import { DocumentProblem, parseTable, Table } from './json-checks.js';

const CATALOG_VERSION = 1;
export const CATALOG_NAME = 'catalog.json';
export const SIGNATURE_SUFFIX = '.sig';
/** `bytes` */
export const MAX_CATALOG_BYTES = 4 * 1024 * 1024;
const MAX_IMAGES = 4096;

export interface CatalogImage {
  readonly name: string;
  /** one line */
  readonly description?: string;
  readonly distribution: string;
  /** `imageDigest`, `sha256:HEX` */
  readonly digest: string;
  readonly bundle: {
    /** where it lies, as the catalog writes it: an https address, or a path relative to the catalog */
    readonly url: string;
    /** of the file, hex */
    readonly sha256: string;
    /** of the file, `bytes` */
    readonly sizeBytes: number;
  };
}

export interface CatalogContent {
  /** grows with each issue; who has seen one can refuse those before */
  readonly serial: number;
  readonly images: readonly CatalogImage[];
}

export function formatCatalog({ serial, images }: CatalogContent): Buffer {
  return Buffer.from(`${JSON.stringify({ version: CATALOG_VERSION, serial, images }, null, 2)}\n`);
}

/** @throws DocumentProblem */
export function parseCatalog(text: Buffer): CatalogContent {
  if (text.length > MAX_CATALOG_BYTES) throw new DocumentProblem('it is too long');
  const table = parseTable(text, 'it');
  const version = table.number('version', 1, 1_000_000);
  if (version !== CATALOG_VERSION)
    throw new DocumentProblem(
      `it is of format ${version}, and this banger knows format ${CATALOG_VERSION} alone`,
      'update banger',
    );
  const images = table.list('images', MAX_IMAGES).map(parseImage);
  const names = new Set(images.map(({ name }) => name));
  if (names.size < images.length) throw new DocumentProblem('it names an image twice');
  const serial = table.has('serial') ? table.number('serial', 0, Number.MAX_SAFE_INTEGER) : 0;
  return { serial, images };
}

function parseImage(value: unknown): CatalogImage {
  const table = new Table(value, 'an image of it');
  const bundle = table.table('bundle');
  return {
    name: table.text('name', IMAGE_NAME_PATTERN),
    ...(table.has('description') && { description: table.text('description', LINE) }),
    distribution: table.text('distribution', LINE),
    digest: table.text('digest', /^sha256:[0-9a-f]{64}$/),
    bundle: {
      url: bundle.text('url', /^[\x21-\x7e]{1,2000}$/),
      sha256: bundle.text('sha256', /^[0-9a-f]{64}$/),
      sizeBytes: bundle.number('sizeBytes', 1, Number.MAX_SAFE_INTEGER),
    },
  };
}

/** Where a catalog is, after what its user has written. */
export type CatalogPlace =
  | { readonly kind: 'web'; readonly url: string; readonly pin?: string }
  | { readonly kind: 'local'; readonly path: string; readonly pin?: string };

/**
 * `https://…`, or the path of a directory or file; either may end with `#sha256=HEX`, the digest that the catalog has
 * to have. @throws DocumentProblem
 */
export function parseCatalogPlace(location: string): CatalogPlace {
  const [, place = '', hex] = /^(.*?)(?:#sha256=(.*))?$/s.exec(location) ?? [];
  if (hex !== undefined && !/^[0-9a-f]{64}$/i.test(hex))
    throw new DocumentProblem(
      'what follows #sha256= is no such digest',
      'give the 64 hexadecimal digits that sha256sum shows of catalog.json',
    );
  const pin = hex === undefined ? {} : { pin: hex.toLowerCase() };
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(place)) {
    if (place === '' || place.includes('\0'))
      throw new DocumentProblem('its path is none', 'name a file or directory');
    return { kind: 'local', path: place, ...pin };
  }
  const url = webAddress(place);
  if (url.pathname.endsWith('/')) url.pathname += CATALOG_NAME;
  return { kind: 'web', url: url.href, ...pin };
}

/**
 * An address that may be asked: https, or http on this host. Of one that another web address leads to (a redirect, a
 * catalog), `from`: what is not on this host leads to nothing on it. @throws DocumentProblem
 */
export function webAddress(text: string, from?: string): URL {
  const url = URL.parse(text, from);
  const problem = url === null ? 'it is none' : addressProblem(url, from);
  if (url === null || problem !== undefined)
    throw new DocumentProblem(
      `the address ${JSON.stringify(text.slice(0, 200))} is not to be used: ${problem}`,
      'give an address that begins with https://',
    );
  return url;
}

function addressProblem(url: URL, from: string | undefined): string | undefined {
  const local = isLoopback(url);
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && local)) return 'it is not https';
  if (url.username !== '' || url.password !== '') return 'it has a name or password in it';
  if (url.hash !== '') return 'it has a fragment';
  if (from !== undefined && local && !isLoopback(new URL(from)))
    return 'it leads from another host to this one';
  return undefined;
}

function isLoopback({ hostname }: URL): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}
