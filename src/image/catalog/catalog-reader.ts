import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import { Injectable } from '@nestjs/common';
import { cancellation } from '../../core/errors/index.js';
import { CatalogInvalidError, CatalogImageNotFoundError } from './catalog.errors.js';
import {
  CATALOG_NAME,
  MAX_CATALOG_BYTES,
  parseCatalog,
  parseCatalogPlace,
  SIGNATURE_SUFFIX,
  webAddress,
} from './catalog.js';
import type { CatalogImage, CatalogPlace } from './catalog.js';
import { CatalogDocuments } from './catalog-documents.js';
import { MAX_KEY_BYTES, parsePublicKey, PUBLIC_KEY, verifySignature } from './catalog-signature.js';
import { DocumentProblem } from './json-checks.js';

export interface CatalogSource {
  /** https address, or path of a directory or file; with `#sha256=HEX` behind it where it is pinned */
  readonly location: string;
  /** of who signs it: base64, or the absolute path of a file that has it in base64 or PEM */
  readonly publicKey?: string;
  /** of a path: only what every user of this host may read */
  readonly forEverybody?: boolean;
  /** an issue with a lower serial is an old one that somebody puts forward again */
  readonly minSerial?: number;
}

/** An image of a catalog, and where its bundle is to be had. */
export interface ResolvedImage extends CatalogImage {
  readonly place: { readonly url: string } | { readonly path: string };
}

/** A catalog that may be trusted, as far as its user trusts whoever made it. */
export interface Catalog {
  readonly location: string;
  readonly serial: number;
  readonly images: readonly ResolvedImage[];
  /** @throws CatalogImageNotFoundError */
  resolve(name: string): ResolvedImage;
}

@Injectable()
export class CatalogReader {
  constructor(private readonly documents: CatalogDocuments) {}

  /**
   * One from the web has to be signed, or pinned by its digest; what lies on this host is its user's own, and what it
   * is signed or pinned with is checked all the same. @throws CatalogInvalidError, CancelledError
   */
  async read(source: CatalogSource, signal: AbortSignal): Promise<Catalog> {
    try {
      return await this.#read(source, signal);
    } catch (error) {
      if (signal.aborted) throw cancellation(signal, `the catalog ${source.location}`);
      if (!(error instanceof DocumentProblem)) throw error;
      throw new CatalogInvalidError(source.location, {
        reason: error.message,
        fix: error.fix ?? 'ask whoever made it to make it again: banger image catalog sign',
        cause: error,
      });
    }
  }

  async #read(source: CatalogSource, signal: AbortSignal): Promise<Catalog> {
    const place = parseCatalogPlace(source.location);
    if (place.kind === 'web' && place.pin === undefined && source.publicKey === undefined)
      throw new DocumentProblem(
        'it comes from the web, and nothing says that it is the right one',
        'give the public key that it is signed with, or its digest: ADDRESS#sha256=HEX',
      );
    const { content, where, signature } = await this.#load(place, source, signal);
    if (place.pin !== undefined && createHash('sha256').update(content).digest('hex') !== place.pin)
      throw new DocumentProblem(
        'it has another digest than the one it is pinned to',
        'if a new issue was to be expected, give its digest; otherwise do not use it',
      );
    if (source.publicKey !== undefined)
      verifySignature(
        content,
        signature.toString('latin1'),
        parsePublicKey(await this.#key(source.publicKey)),
      );
    const { serial, images } = parseCatalog(content);
    if (serial < (source.minSerial ?? 0))
      throw new DocumentProblem(
        `it is issue ${serial}, and issue ${source.minSerial} has been seen already`,
        'ask whoever keeps it why an old one is served',
      );
    const resolved = images.map((image) => ({ ...image, place: placeOf(image, where) }));
    return {
      location: source.location,
      serial,
      images: resolved,
      resolve: (name) => {
        const found = resolved.find((image) => image.name === name);
        if (found !== undefined) return found;
        const names = resolved.map((image) => image.name).slice(0, 50);
        throw new CatalogImageNotFoundError(source.location, name, names);
      },
    };
  }

  async #load(
    place: CatalogPlace,
    { publicKey, forEverybody = false }: CatalogSource,
    signal: AbortSignal,
  ): Promise<{ content: Buffer; where: CatalogPlace; signature: Buffer }> {
    const none = Buffer.alloc(0);
    const signed = publicKey !== undefined;
    if (place.kind === 'local') {
      const path = (await this.documents.isDirectory(place.path))
        ? join(place.path, CATALOG_NAME)
        : place.path;
      const content = await this.documents.read(path, { maxBytes: MAX_CATALOG_BYTES, forEverybody });
      const beside = { maxBytes: MAX_KEY_BYTES, forEverybody };
      const signature = signed ? await this.documents.read(path + SIGNATURE_SUFFIX, beside) : none;
      return { content, where: { kind: 'local', path }, signature };
    }
    const content = await this.documents.fetch(place.url, { maxBytes: MAX_CATALOG_BYTES, signal });
    const beside = new URL(place.url);
    beside.pathname += SIGNATURE_SUFFIX;
    const fetchSignature = { maxBytes: MAX_KEY_BYTES, signal };
    const signature = signed ? await this.documents.fetch(beside.href, fetchSignature) : none;
    // what it leads on to is not where the rest lies: releases are served from places that pass
    return { content, where: place, signature };
  }

  async #key(given: string): Promise<string> {
    if (PUBLIC_KEY.test(given) || !given.startsWith('/')) return given;
    return (await this.documents.read(given, { maxBytes: MAX_KEY_BYTES })).toString('latin1');
  }
}

/** @throws DocumentProblem */
function placeOf({ bundle, name }: CatalogImage, catalog: CatalogPlace): ResolvedImage['place'] {
  if (catalog.kind === 'web') return { url: webAddress(bundle.url, catalog.url).href };
  if (/^[a-z][a-z0-9+.-]*:/i.test(bundle.url)) return { url: webAddress(bundle.url).href };
  const steps = bundle.url.split('/').map(decodeStep);
  if (steps.some((step) => step === undefined || /^\.{0,2}$|[/\0]/.test(step)))
    throw new DocumentProblem(`the bundle of its image ${name} lies outside of its directory`);
  return { path: join(dirname(catalog.path), ...steps.filter((step) => step !== undefined)) };
}

/** of a relative address */
function decodeStep(step: string): string | undefined {
  try {
    return decodeURIComponent(step);
  } catch {
    return undefined;
  }
}
