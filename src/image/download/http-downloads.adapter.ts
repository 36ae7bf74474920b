import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '../../core/clock/index.js';
import { isKind } from '../../core/errors/index.js';
import { parseContentRange, parseLength } from './content-range.js';
import { DownloadFailedError, DownloadRefusedError } from './download.errors.js';
import { Downloads } from './downloads.js';
import type { DownloadRequest } from './downloads.js';
import { HttpClient } from './http-client.js';
import type { HttpAnswer } from './http-client.js';
import { PartFile } from './part-file.adapter.js';
import { PATIENCE } from './patience.js';
import type { Patience } from './patience.js';
import { Retries, statusFailure } from './retries.js';

/** `bytes` that an attempt has to bring so that the next one is the first again */
const PROGRESS_BYTES = 1024 * 1024;

interface Download {
  readonly request: DownloadRequest;
  readonly part: PartFile;
  readonly host: string;
  /** what the server says the part belongs to; unknown of a part of an earlier time */
  etag?: string | undefined;
  /** bytes of an earlier time are in the part */
  inherited: boolean;
}

/** Downloads into files, gone on with after each break. */
@Injectable()
export class HttpDownloads extends Downloads {
  constructor(
    private readonly http: HttpClient,
    private readonly clock: Clock,
    @Inject(PATIENCE) private readonly patience: Patience,
  ) {
    super();
  }

  override async fetch(request: DownloadRequest): Promise<void> {
    const part = await PartFile.open(request.path, request.signal);
    const download: Download = {
      request,
      part,
      host: new URL(request.url).host,
      inherited: part.size > 0,
    };
    try {
      await this.#complete(download);
      await part.finish().catch((error: unknown) => {
        throw part.explain(error);
      });
    } catch (error) {
      // what is no good is not kept, and a full disk gets its room back
      if (isKind(error, 'IMAGE_CONTENT_REFUSED') || isKind(error, 'DISK_FULL')) await part.delete();
      throw error;
    } finally {
      await part.close();
    }
  }

  /** Until the part is what was asked for. */
  async #complete(download: Download): Promise<void> {
    const { part, request } = download;
    const retries = new Retries(this.patience, request.signal);
    let farthest = part.size;
    for (;;) {
      try {
        if (!isWhole(download)) await this.#attempt(download);
        if (part.digest === request.digest) return;
        if (!download.inherited) throw refusal(download, `its checksum is ${part.digest}`);
        await startAnew(download);
      } catch (error) {
        // never the same bytes twice: a server that starts anew for ever is given up
        if (part.size - farthest >= PROGRESS_BYTES) {
          farthest = part.size;
          retries.progress();
        }
        await retries.pauseAfter(error);
      }
    }
  }

  /** One exchange. Returns when the server says that the file is whole. */
  async #attempt(download: Download): Promise<void> {
    const { part, request } = download;
    if (part.size > (request.sizeBytes ?? request.maxBytes)) await startAnew(download);
    const answer = await this.http.send({
      url: request.url,
      headers: {
        'accept-encoding': 'identity',
        ...request.headers,
        ...(part.size > 0 && { range: `bytes=${part.size}-` }),
        ...(part.size > 0 && download.etag !== undefined && { 'if-range': download.etag }),
      },
      signal: request.signal,
    });
    const total = await this.#accept(answer, download);
    if (total === 'whole') return;
    await receive(answer, download);
    const expected = request.sizeBytes ?? total;
    if (expected !== undefined && part.size < expected) throw brokenOff(download);
  }

  /** Makes the part ready for the body. Returns the size of the whole file, if it is known. */
  async #accept(answer: HttpAnswer, download: Download): Promise<number | 'whole' | undefined> {
    const { part } = download;
    const range = parseContentRange(answer.header('content-range'));
    if (answer.status === 416 && part.size > 0) {
      answer.discard();
      if (range?.total === part.size) return 'whole';
      throw await misfit(download);
    }
    if (answer.status === 200) await startAnew(download);
    else if (answer.status !== 206) throw statusFailure(answer, this.clock.now());
    else if (range?.start !== part.size) {
      answer.discard();
      throw await misfit(download);
    }
    const length = parseLength(answer.header('content-length'));
    const total = range?.total ?? (length === undefined ? undefined : part.size + length);
    const problem = sizeProblem(download, total);
    if (problem !== undefined) {
      answer.discard();
      throw refusal(download, problem);
    }
    download.etag = strongEtag(answer.header('etag'));
    return total;
  }
}

/** By which a server can tell whether it still has the same file. */
function strongEtag(etag: string | undefined): string | undefined {
  return etag?.startsWith('"') === true && etag.length <= 256 ? etag : undefined;
}

/** The part does not go with what the server has: the next attempt is one from the beginning. */
async function misfit(download: Download): Promise<DownloadFailedError> {
  await startAnew(download);
  return brokenOff(download);
}

async function receive(answer: HttpAnswer, download: Download): Promise<void> {
  const { part, request } = download;
  const most = request.sizeBytes ?? request.maxBytes;
  for await (const chunk of answer.body) {
    if (part.size + chunk.length > most) throw refusal(download, `it is larger than ${most} bytes`);
    await part.append(chunk).catch((error: unknown) => {
      throw part.explain(error);
    });
    request.onProgress?.(part.size);
  }
}

function isWhole({ part, request }: Download): boolean {
  return part.size > 0 && part.size === request.sizeBytes;
}

function sizeProblem({ request }: Download, total: number | undefined): string | undefined {
  const { sizeBytes, maxBytes } = request;
  if (sizeBytes !== undefined && sizeBytes > maxBytes)
    return `it is larger than ${maxBytes} bytes: ${sizeBytes}`;
  if (total === undefined) return undefined;
  if (total > maxBytes) return `it is larger than ${maxBytes} bytes: ${total}`;
  return sizeBytes === undefined || total === sizeBytes
    ? undefined
    : `it has ${total} bytes instead of ${sizeBytes}`;
}

async function startAnew(download: Download): Promise<void> {
  await download.part.empty().catch((error: unknown) => {
    throw download.part.explain(error);
  });
  download.inherited = false;
  download.etag = undefined;
  download.request.onProgress?.(0);
}

function refusal({ host, request }: Download, reason: string): DownloadRefusedError {
  return new DownloadRefusedError(host, request.digest, reason);
}

function brokenOff({ host }: Download): DownloadFailedError {
  return new DownloadFailedError(host, {
    reason: 'it sent less than the whole file',
    fix: 'try again: what has come already is kept',
    passing: true,
  });
}
