import type { CatalogSource } from './catalog-reader.js';

/** A catalog as the configuration has it. */
export interface ConfiguredCatalog {
  readonly name: string;
  readonly location: string;
  readonly public_key?: string;
}

/**
 * What a user names: a catalog of the configuration, or the place of one.
 * @param given.publicKey where it is to be another than that of the configuration
 * @param given.forEverybody of a place that is not from the configuration: only what every user may read
 */
export function catalogSource(
  given: { readonly catalog: string; readonly publicKey?: string; readonly forEverybody?: boolean },
  configured: readonly ConfiguredCatalog[],
): CatalogSource {
  const { catalog, forEverybody = false } = given;
  const found = configured.find(({ name }) => name === catalog);
  const publicKey = given.publicKey ?? found?.public_key;
  const signed = publicKey !== undefined && { publicKey };
  if (found === undefined) return { location: catalog, ...signed, forEverybody };
  return { location: found.location, ...signed };
}

/** How an image remembers where it is from: without the digest of the issue, so that a later one is the same place. */
export function catalogReference(given: string, image: string): string {
  return `${given.replace(/#sha256=.*$/s, '')}#${image}`;
}
