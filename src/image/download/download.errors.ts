import { BangerError } from '../../core/errors/index.js';

/** What came is not what was asked for; what was kept of it is deleted. `part`: the address or the digest. */
export class DownloadRefusedError extends BangerError<'IMAGE_CONTENT_REFUSED'> {
  constructor(host: string, part: string, reason: string) {
    super('IMAGE_CONTENT_REFUSED', `what ${host} sent is refused`, {
      details: { image: host, part, reason },
      why: `${part}: ${reason}`,
      fix: 'try again; if it stays so, the server’s copy is damaged or was tampered with: tell those who run it, or take the image from elsewhere',
    });
  }
}

/** The network or the server failed, again and again. */
export class DownloadFailedError extends BangerError<'REGISTRY_FAILED'> {
  readonly reason: string;
  /** whether it may be gone when it is tried again */
  readonly passing: boolean;

  constructor(host: string, facts: { reason: string; fix: string; passing: boolean; cause?: unknown }) {
    super('REGISTRY_FAILED', `nothing could be fetched from ${host}`, {
      details: { registry: host, reason: facts.reason },
      why: facts.reason,
      fix: facts.fix,
      cause: facts.cause,
    });
    this.reason = facts.reason;
    this.passing = facts.passing;
  }
}

/** An answer of the server that trying again does not change, such as 404. */
export class DownloadStatusError extends BangerError<'REGISTRY_FAILED'> {
  constructor(
    host: string,
    readonly status: number,
    /** as the server sent it with 401 */
    readonly challenge?: string,
  ) {
    super('REGISTRY_FAILED', `${host} did not hand out the file`, {
      details: { registry: host, reason: `it answered with HTTP status ${status}` },
      why: `it answered with HTTP status ${status}`,
      fix:
        status === 404 || status === 410
          ? 'check the address: the server has no such file (any more)'
          : 'check whether the server wants you to log in, and whether you may read this',
    });
  }
}

/** The server asks everybody, or this host, to come back later. */
export class DownloadBusyError extends BangerError<'REGISTRY_BUSY'> {
  constructor(
    host: string,
    retryAfterSeconds: number,
    /** `ms`; undefined when the server named none */
    readonly askedPauseMs?: number,
  ) {
    super('REGISTRY_BUSY', `${host} wants to be asked less often`, {
      details: { registry: host, retryAfterSeconds },
      why: 'it answered again and again that it has too much to do, or that this host asked too often',
      fix: `try again in ${retryAfterSeconds} s; registries let those who are logged in ask more often`,
    });
  }
}
