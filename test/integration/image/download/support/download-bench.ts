import { randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { SystemClock } from '../../../../../src/core/clock/system-clock.adapter.js';
import type { DownloadRequest } from '../../../../../src/image/download/downloads.js';
import { HttpDownloads } from '../../../../../src/image/download/http-downloads.adapter.js';
import { UndiciHttpClient } from '../../../../../src/image/download/undici-http-client.adapter.js';
import { sha256 } from '../../oci/support/image-layout.js';
import { IMPATIENT, scratch } from '../../oci/support/pull-bench.js';
import { ScriptedServer } from '../../oci/support/scripted-server.js';
import type { Answer } from '../../oci/support/scripted-server.js';

export const FILE = randomBytes(300_000);

export interface DownloadBench {
  readonly server: ScriptedServer;
  readonly path: string;
  fetch(changes?: Partial<DownloadRequest>): Promise<void>;
  /** of a size that is not known */
  fetchUnsized(maxBytes?: number): Promise<void>;
}

/** A server that answers so, and what downloads from it. */
export async function open(answer: Answer): Promise<DownloadBench> {
  const server = await ScriptedServer.start(answer);
  const path = join(await scratch(), 'cache', 'file');
  const downloads = client();
  const request = {
    url: `${server.url}/file`,
    path,
    digest: sha256(FILE),
    maxBytes: 1_000_000,
    signal: new AbortController().signal,
  };
  return {
    server,
    path,
    fetch: (changes = {}) => downloads.fetch({ ...request, sizeBytes: FILE.length, ...changes }),
    fetchUnsized: (maxBytes = request.maxBytes) => downloads.fetch({ ...request, maxBytes }),
  };
}

function client(): HttpDownloads {
  const http = new UndiciHttpClient(IMPATIENT);
  onTestFinished(() => http.onApplicationShutdown());
  return new HttpDownloads(http, new SystemClock(), IMPATIENT);
}

/** The file, and nothing beside it. */
export async function expectWhole({ path }: DownloadBench): Promise<void> {
  expect(sha256(await readFile(path))).toBe(sha256(FILE));
  expect(await readdir(join(path, '..'))).toEqual(['file']);
}
