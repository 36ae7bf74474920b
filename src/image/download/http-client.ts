export interface HttpRequest {
  readonly method?: 'GET' | 'POST';
  /** http or https, without a user name in it */
  readonly url: string;
  /** names in lower case */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal: AbortSignal;
}

export interface HttpAnswer {
  readonly status: number;
  /** of the server that answered in the end: `name` or `name:port` */
  readonly host: string;
  /** of a header by its name in lower case; the first one's, where there are several */
  header(name: string): string | undefined;
  /** Bytes as they are sent, once. Leaving the loop gives the connection up. @throws DownloadFailedError, CancelledError */
  readonly body: AsyncIterable<Buffer>;
  /** For who does not read the body. */
  discard(): void;
}

/** One exchange with a server, redirects followed; a status is for the caller to judge. */
export abstract class HttpClient {
  /**
   * Redirects of a POST are not followed. Headers go to the host of the request alone, but for those that carry nothing secret.
   * @throws DownloadFailedError, CancelledError
   */
  abstract send(request: HttpRequest): Promise<HttpAnswer>;
}
