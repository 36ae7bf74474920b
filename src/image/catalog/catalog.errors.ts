import { BangerError } from '../../core/errors/index.js';

export class BundleInvalidError extends BangerError<'IMAGE_BUNDLE_INVALID'> {
  /** `reason` follows the name of the bundle as a sentence that begins with `it` */
  constructor(bundle: string, facts: { reason: string; fix?: string | undefined; cause?: unknown }) {
    super('IMAGE_BUNDLE_INVALID', `the bundle ${bundle} cannot be used`, {
      details: { bundle, reason: facts.reason },
      why: facts.reason,
      fix:
        facts.fix ??
        'copy or download it again; if that does not help, ask whoever made it to export the image again',
      cause: facts.cause,
    });
  }
}

export class CatalogInvalidError extends BangerError<'IMAGE_CATALOG_INVALID'> {
  constructor(catalog: string, facts: { reason: string; fix: string; cause?: unknown }) {
    super('IMAGE_CATALOG_INVALID', `the catalog ${catalog} cannot be used`, {
      details: { catalog, reason: facts.reason },
      why: facts.reason,
      fix: facts.fix,
      cause: facts.cause,
    });
  }
}

export class CatalogImageNotFoundError extends BangerError<'IMAGE_NOT_FOUND'> {
  constructor(catalog: string, image: string, available: string[]) {
    super('IMAGE_NOT_FOUND', `the catalog ${catalog} has no image "${image}"`, {
      details: { image, available },
      why: available.length === 0 ? 'it has none at all' : `it has: ${available.join(', ')}`,
      fix: available.length === 0 ? 'name another catalog' : 'name one of these, or another catalog',
    });
  }
}
