export interface DownloadRequest {
  readonly url: string;
  /** none of them goes along to another host when the server redirects there, but for `accept` */
  readonly headers?: Readonly<Record<string, string>>;
  /** where it is when whole; a part lies beside it as `PATH.part` and is gone on with later */
  readonly path: string;
  /** `sha256:HEX` */
  readonly digest: string;
  /** `bytes`, when known */
  readonly sizeBytes?: number;
  /** `bytes`; more is refused */
  readonly maxBytes: number;
  readonly signal: AbortSignal;
  /** `bytes` of the whole file that are here, those of an earlier part with them; falls when one starts anew */
  readonly onProgress?: (receivedBytes: number) => void;
}

export abstract class Downloads {
  /**
   * Leaves the whole file, verified and on the disk, at its path; one that is there already is replaced. No two calls
   * with the same path may run at once.
   * @throws DownloadRefusedError (what came is not what was asked for), DownloadFailedError (the network),
   * DownloadStatusError (the server's answer), DownloadBusyError (asked to wait longer than is sensible),
   * DiskFullError, PermissionDeniedError, CancelledError
   */
  abstract fetch(request: DownloadRequest): Promise<void>;
}
