import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '../../core/clock/index.js';
import { cancellation } from '../../core/errors/index.js';
import { DownloadFailedError, DownloadRefusedError } from './download.errors.js';
import { HttpClient } from './http-client.js';
import type { HttpAnswer, HttpRequest } from './http-client.js';
import { PATIENCE } from './patience.js';
import type { Patience } from './patience.js';
import { Retries, statusFailure } from './retries.js';

export interface HttpDocument {
  readonly status: number;
  readonly host: string;
  header(name: string): string | undefined;
  readonly content: Buffer;
}

/** Small answers, held in memory. */
@Injectable()
export class Documents {
  constructor(
    private readonly http: HttpClient,
    private readonly clock: Clock,
    @Inject(PATIENCE) private readonly patience: Patience,
  ) {}

  /**
   * What the server says, be it that there is none; only what may pass (429, 5xx, broken connections) is tried again.
   * @param maxBytes of the document; more is refused
   * @throws DownloadFailedError, DownloadStatusError (5xx to the end), DownloadBusyError, DownloadRefusedError, CancelledError
   */
  async fetch(request: HttpRequest, maxBytes: number): Promise<HttpDocument> {
    const retries = new Retries(this.patience, request.signal);
    for (;;) {
      try {
        return await this.fetchOnce(request, maxBytes);
      } catch (error) {
        await retries.pauseAfter(error);
      }
    }
  }

  /** The same, tried no second time. */
  async fetchOnce(request: HttpRequest, maxBytes: number): Promise<HttpDocument> {
    const limit = AbortSignal.timeout(this.patience.documentMs);
    try {
      const signal = AbortSignal.any([request.signal, limit]);
      const answer = await this.http.send({ ...request, signal });
      if (answer.status === 429 || answer.status >= 500) throw statusFailure(answer, this.clock.now());
      return { ...answer, content: await readAll(answer, maxBytes) };
    } catch (error) {
      if (request.signal.aborted) throw cancellation(request.signal, 'the download');
      if (!limit.aborted) throw error;
      throw new DownloadFailedError(new URL(request.url).host, {
        reason: `it did not answer in full within ${this.patience.documentMs / 1000} s`,
        fix: 'check the network of this host, then try again',
        passing: true,
        cause: error,
      });
    }
  }
}

async function readAll(answer: HttpAnswer, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of answer.body) {
    size += chunk.length;
    if (size > maxBytes)
      throw new DownloadRefusedError(answer.host, 'an answer', `it is larger than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
