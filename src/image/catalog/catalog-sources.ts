import type { CatalogSource } from './catalog-reader.js';

/** A catalog as the configuration has it. */
export interface ConfiguredCatalog {
  readonly name: string;
  readonly location: string;
  readonly public_key?: string;
}

/** What a user names: a catalog of the configuration, or the place of one. */
export function catalogSource(given: string, configured: readonly ConfiguredCatalog[]): CatalogSource {
  const found = configured.find(({ name }) => name === given);
  if (found === undefined) return { location: given };
  const { location, public_key: publicKey } = found;
  return { location, ...(publicKey !== undefined && { publicKey }) };
}
