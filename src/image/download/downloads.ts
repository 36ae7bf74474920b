export interface DownloadRequest {
  readonly url: string;
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
  readonly onProgress?: (receivedBytes: number) => void;
}
export abstract class Downloads {
  abstract fetch(request: DownloadRequest): Promise<void>;
}
