import type { Readable } from 'node:stream';
import { Inject, Injectable } from '@nestjs/common';
import type { OnApplicationShutdown } from '@nestjs/common';
import { Agent, EnvHttpProxyAgent, request as send } from 'undici';
import type { Dispatcher } from 'undici';
import { cancellation } from '../../core/errors/index.js';
import { DownloadFailedError } from './download.errors.js';
import { HttpClient } from './http-client.js';
import type { HttpAnswer, HttpRequest } from './http-client.js';
import { isLoopback } from './loopback.js';
import { explainNetworkFailure } from './network-failures.js';
import { pacedBody } from './paced-body.js';
import { PATIENCE } from './patience.js';
import type { Patience } from './patience.js';
import { isRedirect, MAX_REDIRECTS, nextHop, tooManyRedirects } from './redirects.js';
import type { Hop } from './redirects.js';

/** HTTP by undici, through the proxies that the environment names; loopback is reached without one, as other programs do. */
@Injectable()
export class UndiciHttpClient extends HttpClient implements OnApplicationShutdown {
  #direct: Dispatcher | undefined;
  #proxied: Dispatcher | undefined;

  constructor(@Inject(PATIENCE) private readonly patience: Patience) {
    super();
  }

  override async send(request: HttpRequest): Promise<HttpAnswer> {
    const first = new URL(request.url);
    let hop: Hop = { url: first, headers: { 'user-agent': 'banger', ...request.headers } };
    for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects += 1) {
      const answer = await this.#exchange(hop, request);
      if (request.method === 'POST' || !isRedirect(answer.status)) return answer;
      answer.discard();
      hop = nextHop(hop, answer.header('location'));
    }
    throw tooManyRedirects(first);
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all([this.#direct?.destroy(), this.#proxied?.destroy()]);
  }

  async #exchange({ url, headers }: Hop, request: HttpRequest): Promise<HttpAnswer> {
    const { signal, method = 'GET', body } = request;
    if (signal.aborted) throw cancellation(signal, 'the download');
    const explain = (error: unknown): Error =>
      signal.aborted ? cancellation(signal, 'the download') : explainNetworkFailure(url.host, error);
    try {
      const answer = await send(url, {
        dispatcher: this.#dispatcher(url),
        method,
        headers: { ...headers },
        signal,
        headersTimeout: this.patience.stallMs,
        // what comes too slowly is given up by pacedBody
        bodyTimeout: 0,
        ...(body !== undefined && { body }),
      });
      return this.#answer(url, answer, explain);
    } catch (error) {
      throw explain(error);
    }
  }

  #answer(url: URL, answer: Dispatcher.ResponseData, explain: (error: unknown) => Error): HttpAnswer {
    const stream: Readable = answer.body;
    return {
      status: answer.statusCode,
      host: url.host,
      header: (name) => {
        const value = answer.headers[name];
        return Array.isArray(value) ? value[0] : value;
      },
      body: pacedBody(stream, this.patience, explain),
      discard: () => {
        stream.on('error', () => undefined);
        stream.destroy();
      },
    };
  }

  #dispatcher(url: URL): Dispatcher {
    // HTTP/1.1 alone: every registry speaks it, and a broken connection takes one download with it, not all
    const options = { allowH2: false, connect: { timeout: this.patience.connectMs } };
    if (isLoopback(url.hostname)) return (this.#direct ??= new Agent(options));
    try {
      return (this.#proxied ??= new EnvHttpProxyAgent(options));
    } catch (error) {
      throw new DownloadFailedError(url.host, {
        reason: 'the environment names a proxy by something that is no address',
        fix: 'check HTTP_PROXY, HTTPS_PROXY and NO_PROXY in the environment of the daemon',
        passing: false,
        cause: error,
      });
    }
  }
}
