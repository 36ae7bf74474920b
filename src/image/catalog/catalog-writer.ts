import type { CatalogContent } from './catalog.js';

export interface SignCatalogRequest {
  /** with the bundles, `NAME.banger.tar.zst`; catalog and signature come to lie beside them */
  readonly directory: string;
  /** PKCS #8 of ed25519 in PEM, which nobody but its owner can read */
  readonly privateKeyPath: string;
  /** of this issue; one more than that of the catalog which is there, when left out */
  readonly serial?: number;
  readonly signal: AbortSignal;
}

export interface SignedCatalog extends CatalogContent {
  /** of catalog.json, hex */
  readonly sha256: string;
  /** what those who use the catalog need to know; base64 */
  readonly publicKey: string;
}

/** Makes catalogs for others to use. */
export abstract class CatalogWriter {
  /**
   * Writes catalog.json and catalog.json.sig over all bundles of a directory.
   * @throws CatalogInvalidError, BundleInvalidError, DiskFullError, CancelledError
   */
  abstract sign(request: SignCatalogRequest): Promise<SignedCatalog>;

  /** Makes a private key, mode 0600, where nothing is yet; resolves to its public key. @throws CatalogInvalidError */
  abstract createKey(path: string): Promise<string>;
}
