import { stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import { request } from 'undici';
import type { Dispatcher } from 'undici';
import { VERSION } from '../../contract/version.js';
import { webAddress } from './catalog.js';
import { CatalogDocuments } from './catalog-documents.js';
import type { LocalFileOptions } from './catalog-documents.js';
import { DocumentProblem } from './json-checks.js';
import { openPlainFile } from './plain-file.adapter.js';

const MAX_REDIRECTS = 5;
/** `bytes` */
const CHUNK = 1024 * 1024;
/** of one answer until its head, and between two pieces of its body */
const IDLE_MS = 15_000;
/** of all of it */
const TOTAL_MS = 60_000;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);
const CHECK_ADDRESS = 'check the address, and that this host reaches it (curl shows what it answers)';

@Injectable()
export class WebCatalogDocuments extends CatalogDocuments {
  override async fetch(
    url: string,
    { maxBytes, signal }: { readonly maxBytes: number; readonly signal: AbortSignal },
  ): Promise<Buffer> {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(TOTAL_MS)]);
    let where = webAddress(url).href;
    try {
      for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects += 1) {
        const answer = await ask(where, limit);
        const location = answer.headers['location'];
        if (REDIRECTS.has(answer.statusCode) && typeof location === 'string') {
          leave(answer);
          where = webAddress(location, where).href;
          continue;
        }
        if (answer.statusCode === 200) return await bodyOf(answer, maxBytes, where);
        leave(answer);
        throw new DocumentProblem(`${where} answered ${answer.statusCode}`, CHECK_ADDRESS);
      }
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof DocumentProblem) throw error;
      throw new DocumentProblem(`${where} could not be had: ${reasonOf(error)}`, CHECK_ADDRESS);
    }
    throw new DocumentProblem(`${url} leads on more than ${MAX_REDIRECTS} times`, CHECK_ADDRESS);
  }

  override async read(
    path: string,
    { maxBytes, ...options }: LocalFileOptions & { readonly maxBytes: number },
  ): Promise<Buffer> {
    const file = await openPlainFile(path, options);
    try {
      const { size } = await file.stat();
      if (size > maxBytes) throw new DocumentProblem(`${path} has more than ${maxBytes} bytes`);
      const content = Buffer.alloc(size);
      const { bytesRead } = await file.read(content, 0, size, 0);
      return content.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  }

  override async stream(path: string, options: LocalFileOptions): Promise<Readable> {
    return (await openPlainFile(path, options)).createReadStream({ highWaterMark: CHUNK });
  }

  override async isDirectory(path: string): Promise<boolean> {
    return stat(path).then(
      (found) => found.isDirectory(),
      () => false,
    );
  }
}

async function ask(url: string, signal: AbortSignal): Promise<Dispatcher.ResponseData> {
  const headers = { 'user-agent': `banger/${VERSION}`, accept: 'application/json, text/plain, */*;q=0.1' };
  return request(url, { method: 'GET', headers, signal, headersTimeout: IDLE_MS, bodyTimeout: IDLE_MS });
}

/** Of an answer whose body nobody wants. Undici's streams fail when they are destroyed, and with them the process. */
function leave({ body }: Dispatcher.ResponseData): void {
  body.on('error', () => undefined).destroy();
}

async function bodyOf(answer: Dispatcher.ResponseData, maxBytes: number, where: string): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of answer.body as AsyncIterable<Buffer>) {
    bytes += piece.length;
    if (bytes > maxBytes)
      throw new DocumentProblem(`${where} has more than ${maxBytes} bytes`, CHECK_ADDRESS);
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

function reasonOf(error: unknown): string {
  const { name, code, message } = error as NodeJS.ErrnoException;
  if (name === 'TimeoutError' || name === 'HeadersTimeoutError' || name === 'BodyTimeoutError')
    return 'it took too long to answer';
  return code ?? message;
}
