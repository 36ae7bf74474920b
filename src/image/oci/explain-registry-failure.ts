import {
  DownloadBusyError,
  DownloadFailedError,
  DownloadRefusedError,
  DownloadStatusError,
} from '../download/download.errors.js';
import type { Endpoint } from './endpoints.js';
import { DocumentProblem } from './json-document.js';
import {
  ImageNotInRegistryError,
  OciContentRefusedError,
  RegistryBusyError,
  RegistryDeniedError,
  RegistryFailedError,
} from './oci.errors.js';

export interface Asked {
  readonly endpoint: Endpoint;
  /** the image, as its user names it */
  readonly image: string;
  /** `manifest`, `configuration` or a digest */
  readonly part: string;
  /** of reading the user's credentials */
  readonly trouble?: string | undefined;
}

/** What a failure of the network, or what came by it, means of an image. Other errors pass through as they are. */
export function explainRegistryFailure(error: unknown, asked: Asked): unknown {
  const { registry } = asked.endpoint;
  if (error instanceof DownloadStatusError) return explainStatus(error.status, asked, error);
  if (error instanceof DownloadBusyError)
    return new RegistryBusyError(registry, error.details.retryAfterSeconds, error);
  if (error instanceof DownloadFailedError)
    return new RegistryFailedError(registry, { reason: error.reason, fix: error.fix, cause: error });
  if (error instanceof DownloadRefusedError)
    return new OciContentRefusedError(asked.image, {
      part: asked.part,
      reason: error.details.reason,
      cause: error,
    });
  if (error instanceof DocumentProblem)
    return new OciContentRefusedError(asked.image, { part: asked.part, reason: error.message });
  return error;
}

export function explainStatus(status: number, asked: Asked, cause?: unknown): Error {
  const { registry } = asked.endpoint;
  const { trouble } = asked;
  if (status === 401)
    return new RegistryDeniedError(registry, {
      reason: 'it asks for a login, and there is none for it here, or it is not accepted',
      trouble,
      cause,
    });
  if (status === 403)
    return new RegistryDeniedError(registry, {
      reason: 'the image does not exist there, or who asks may not read it (403)',
      trouble,
      cause,
    });
  if (status === 404) return new ImageNotInRegistryError(asked.image, registry);
  return new RegistryFailedError(registry, { reason: `it answered with HTTP status ${status}`, cause });
}
