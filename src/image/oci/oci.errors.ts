import { BangerError } from '../../core/errors/index.js';

export class ImageReferenceInvalidError extends BangerError<'IMAGE_REFERENCE_INVALID'> {
  constructor(reference: string, reason: string) {
    super(
      'IMAGE_REFERENCE_INVALID',
      `${JSON.stringify(reference)} is not the name of an image in a registry`,
      {
        details: { reference, reason },
        why: reason,
        fix: 'write it as REGISTRY/PATH:TAG or REGISTRY/PATH@sha256:…, such as docker.io/library/debian:12; debian:12 means the same',
      },
    );
  }
}

export class ImageNotInRegistryError extends BangerError<'IMAGE_NOT_IN_REGISTRY'> {
  constructor(reference: string, registry: string) {
    super('IMAGE_NOT_IN_REGISTRY', `the registry has no image ${reference}`, {
      details: { reference },
      why: `${registry} says that there is no such image, or no such tag of it; some registries say so too of what one may not see`,
      fix: `check its name and tag; if it is private, log in first: docker login ${registry}`,
    });
  }
}

export class ImagePlatformMissingError extends BangerError<'IMAGE_PLATFORM_MISSING'> {
  constructor(reference: string, platform: string, available: string[]) {
    super('IMAGE_PLATFORM_MISSING', `${reference} is not made for ${platform}`, {
      details: { reference, platform, available },
      why:
        available.length === 0
          ? 'it names no platform that it is made for'
          : `it is made for: ${available.join(', ')}`,
      fix: `choose an image or a tag that is made for ${platform}`,
    });
  }
}

/** What a registry has sent is not what was asked for, or not what it says it is. `part`: such as `manifest`, or a digest. */
export class OciContentRefusedError extends BangerError<'IMAGE_CONTENT_REFUSED'> {
  constructor(image: string, facts: { part: string; reason: string; fix?: string; cause?: unknown }) {
    super('IMAGE_CONTENT_REFUSED', `the image ${image} is refused`, {
      details: { image, part: facts.part, reason: facts.reason },
      why: `its ${facts.part}: ${facts.reason}`,
      fix:
        facts.fix ??
        'try again; if it stays so, the image or its registry is at fault: choose another tag, or tell those who publish it',
      cause: facts.cause,
    });
  }
}

export class RegistryDeniedError extends BangerError<'REGISTRY_DENIED'> {
  constructor(registry: string, facts: { reason: string; trouble?: string | undefined; cause?: unknown }) {
    const reason = facts.trouble === undefined ? facts.reason : `${facts.reason} (${facts.trouble})`;
    super('REGISTRY_DENIED', `the registry ${registry} does not let banger read that image`, {
      details: { registry, reason },
      why: reason,
      fix: `check the name; if it is private, log in as the user whom the daemon runs as: docker login ${registry}, or: skopeo login ${registry}`,
      cause: facts.cause,
    });
  }
}

export class RegistryBusyError extends BangerError<'REGISTRY_BUSY'> {
  constructor(registry: string, retryAfterSeconds: number, cause?: unknown) {
    super('REGISTRY_BUSY', `the registry ${registry} wants to be asked less often`, {
      details: { registry, retryAfterSeconds },
      why: 'it answered again and again that this host, or its network, has asked for too much',
      fix: `try again in ${retryAfterSeconds} s; those who are logged in may ask more often: docker login ${registry}`,
      cause,
    });
  }
}

export class RegistryFailedError extends BangerError<'REGISTRY_FAILED'> {
  constructor(registry: string, facts: { reason: string; fix?: string | undefined; cause?: unknown }) {
    super('REGISTRY_FAILED', `the registry ${registry} could not be used`, {
      details: { registry, reason: facts.reason },
      why: facts.reason,
      fix: facts.fix ?? 'try again later; if it stays so, tell those who run the registry',
      cause: facts.cause,
    });
  }
}
