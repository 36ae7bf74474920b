import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { SystemClock } from '../../../../src/core/clock/system-clock.adapter.js';
import type { DownloadRequest } from '../../../../src/image/download/downloads.js';
import { HttpDownloads } from '../../../../src/image/download/http-downloads.adapter.js';
import type { Patience } from '../../../../src/image/download/patience.js';
import { UndiciHttpClient } from '../../../../src/image/download/undici-http-client.adapter.js';
import { freePort } from '../../../support/free-port.js';
import { SmallFilesystem } from '../../../support/small-filesystem.js';
import { sha256 } from '../oci/support/image-layout.js';
import { IMPATIENT, scratch } from '../oci/support/pull-bench.js';
import { ScriptedServer, serve } from '../oci/support/scripted-server.js';
import type { Answer, SeenRequest } from '../oci/support/scripted-server.js';

const FILE = randomBytes(300_000);
const HALF = FILE.length / 2;
const isRoot = process.getuid?.() === 0;

interface Bench {
  readonly server: ScriptedServer;
  readonly path: string;
  fetch(changes?: Partial<DownloadRequest>): Promise<void>;
  /** of a size that is not known */
  fetchUnsized(maxBytes?: number): Promise<void>;
}

async function open(answer: Answer, patience: Partial<Patience> = {}): Promise<Bench> {
  const server = await ScriptedServer.start(answer);
  const path = join(await scratch(), 'cache', 'file');
  const downloads = client(patience);
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

function client(patience: Partial<Patience> = {}): HttpDownloads {
  const all = { ...IMPATIENT, ...patience };
  const http = new UndiciHttpClient(all);
  onTestFinished(() => http.onApplicationShutdown());
  return new HttpDownloads(http, new SystemClock(), all);
}

/** Promises more than it sends, then hangs up. */
function breakOff(response: ServerResponse, bytes: number): void {
  response.writeHead(200, { 'content-length': FILE.length, etag: '"one"' });
  response.write(FILE.subarray(0, bytes), () => setTimeout(() => response.destroy(), 30));
}

async function expectWhole({ path }: Bench): Promise<void> {
  expect(sha256(await readFile(path))).toBe(sha256(FILE));
  expect(await readdir(join(path, '..'))).toEqual(['file']);
}

const ranges = ({ server }: Bench): (string | undefined)[] => server.seen.map(({ headers }) => headers.range);

describe('a download', () => {
  it('comes whole, verified, for its owner alone, and tells its progress', async () => {
    const progress: number[] = [];
    const bench = await open((request, response) => serve(FILE, request, response));
    await bench.fetch({ onProgress: (bytes) => progress.push(bytes) });
    await expectWhole(bench);
    expect((await stat(bench.path)).mode & 0o777).toBe(0o600);
    expect(progress.at(-1)).toBe(FILE.length);
  });

  it('that breaks off is gone on with where it was, no byte twice', async () => {
    const bench = await open((request, response, count) =>
      count === 1 ? breakOff(response, HALF) : serve(FILE, request, response),
    );
    await bench.fetch();
    await expectWhole(bench);
    expect(ranges(bench)).toEqual([undefined, `bytes=${HALF}-`]);
    expect(bench.server.seen[1]?.headers['if-range']).toBe('"one"');
  });

  it('that was aborted half-way keeps its part, and goes on with it the next time', async () => {
    const bench = await open((request, response, count) => {
      if (count > 1) return serve(FILE, request, response);
      response.writeHead(200, { 'content-length': FILE.length });
      response.write(FILE.subarray(0, HALF));
    });
    const stop = new AbortController();
    const aborted = bench.fetch({
      signal: stop.signal,
      onProgress: (bytes) => bytes === HALF && stop.abort(),
    });
    await expect(aborted).rejects.toMatchObject({ kind: 'CANCELLED' });
    expect((await stat(`${bench.path}.part`)).size).toBe(HALF);
    await vi.waitFor(() => expect(bench.server.openConnections).toBe(0));
    await bench.fetch();
    await expectWhole(bench);
    expect(ranges(bench)).toEqual([undefined, `bytes=${HALF}-`]);
  });

  it('starts anew when the server knows no ranges', async () => {
    const bench = await open((_, response, count) =>
      count === 1 ? breakOff(response, HALF) : response.writeHead(200).end(FILE),
    );
    await bench.fetch();
    await expectWhole(bench);
  });

  it('starts anew when the server sends another range than it was asked for', async () => {
    const bench = await open((request, response, count) => {
      if (count === 1) return breakOff(response, HALF);
      if (count > 2) return serve(FILE, request, response);
      response.writeHead(206, { 'content-range': `bytes 5-${FILE.length - 1}/${FILE.length}` });
      response.end(FILE.subarray(5));
    });
    await bench.fetch();
    await expectWhole(bench);
    expect(ranges(bench)).toEqual([undefined, `bytes=${HALF}-`, undefined]);
  });

  it('starts anew, once, when the part of an earlier time is of something else', async () => {
    const bench = await open((request, response) => serve(FILE, request, response));
    await bench.fetch();
    await writeFile(`${bench.path}.part`, randomBytes(1000));
    await bench.fetch();
    await expectWhole(bench);
    expect(ranges(bench)).toEqual([undefined, 'bytes=1000-', undefined]);
  });

  it('needs no server when all of it is there already', async () => {
    const bench = await open((_, response) => response.writeHead(500).end());
    await bench.fetch().catch(() => undefined);
    const asked = bench.server.seen.length;
    await writeFile(`${bench.path}.part`, FILE);
    await bench.fetch();
    await expectWhole(bench);
    expect(bench.server.seen).toHaveLength(asked);
  });

  it('takes a 416 for the end when its size is not known, and for a mistake when it is another', async () => {
    const bench = await open((request, response) => serve(FILE, request, response));
    for (const part of [FILE, Buffer.concat([FILE, FILE])]) {
      await bench.fetch().catch(() => undefined);
      await writeFile(`${bench.path}.part`, part);
      await bench.fetchUnsized();
      await expectWhole(bench);
    }
  });

  it.each([
    ['another content', randomBytes(FILE.length), 'its checksum is sha256:'],
    ['more than it should be', Buffer.concat([FILE, FILE]), 'it has 600000 bytes instead of 300000'],
    ['less than it should be', FILE.subarray(0, HALF), 'it has 150000 bytes instead of 300000'],
  ])('of %s is refused at once, and nothing is left', async (_, content, reason) => {
    const bench = await open((request, response) => serve(content, request, response));
    await expect(bench.fetch()).rejects.toMatchObject({
      kind: 'IMAGE_CONTENT_REFUSED',
      details: { part: sha256(FILE), reason: expect.stringContaining(reason) as string },
    });
    expect(bench.server.seen).toHaveLength(1);
    expect(await readdir(join(bench.path, '..'))).toEqual([]);
  });

  it('that never ends is refused at its bound', async () => {
    const bench = await open((_, response) => {
      response.writeHead(200);
      const more = (): void => {
        while (!response.destroyed && response.write(FILE)) continue;
      };
      response.on('drain', more);
      more();
    });
    await expect(bench.fetchUnsized(700_000)).rejects.toMatchObject({ kind: 'IMAGE_CONTENT_REFUSED' });
    expect(await readdir(join(bench.path, '..'))).toEqual([]);
    await vi.waitFor(() => expect(bench.server.openConnections).toBe(0));
  });

  it('that says to be too large is refused before it comes', async () => {
    const bench = await open((request, response) => serve(FILE, request, response));
    await expect(bench.fetch({ maxBytes: FILE.length - 1 })).rejects.toMatchObject({
      kind: 'IMAGE_CONTENT_REFUSED',
    });
  });
});

describe('a server', () => {
  it.each([
    ['stalls', (response: ServerResponse) => void response.write(FILE.subarray(0, 5))],
    [
      'trickles',
      (response: ServerResponse) => {
        const timer = setInterval(() => response.write(FILE.subarray(0, 1)), 20);
        response.on('close', () => clearInterval(timer));
      },
    ],
  ])('that %s is given up after a while', async (_, begin) => {
    const bench = await open((_request, response) => {
      response.writeHead(200, { 'content-length': FILE.length });
      begin(response);
    });
    await expect(bench.fetch()).rejects.toMatchObject({
      kind: 'REGISTRY_FAILED',
      details: { reason: expect.stringContaining('went silent') as string },
    });
    expect(bench.server.seen).toHaveLength(IMPATIENT.attempts);
    await vi.waitFor(() => expect(bench.server.openConnections).toBe(0));
  });

  it('that does not answer at all is given up after a while', async () => {
    const bench = await open(() => undefined);
    await expect(bench.fetch()).rejects.toMatchObject({ kind: 'REGISTRY_FAILED' });
    expect(bench.server.seen).toHaveLength(IMPATIENT.attempts);
  });

  it.each([500, 502, 503, 408])('that answers %i is asked again, a few times', async (status) => {
    const bench = await open((request, response, count) =>
      count < IMPATIENT.attempts ? response.writeHead(status).end() : serve(FILE, request, response),
    );
    await bench.fetch();
    await expectWhole(bench);
    bench.server.seen.length = 0;
    bench.server.answer = (_, response) => response.writeHead(status).end();
    await expect(bench.fetch()).rejects.toMatchObject({ kind: 'REGISTRY_FAILED', status });
    expect(bench.server.seen).toHaveLength(IMPATIENT.attempts);
  });

  it.each([400, 401, 403, 404, 410])('that answers %i is not asked again', async (status) => {
    const bench = await open((_, response) => response.writeHead(status).end());
    await expect(bench.fetch()).rejects.toMatchObject({ kind: 'REGISTRY_FAILED', status });
    expect(bench.server.seen).toHaveLength(1);
  });

  it('that asks for a pause gets it', async () => {
    let first = 0;
    const bench = await open((request, response, count) => {
      if (count > 1) return serve(FILE, request, response);
      first = performance.now();
      response.writeHead(429, { 'retry-after': '1' }).end();
    });
    await bench.fetch();
    // timers may fire a moment early
    expect(performance.now() - first).toBeGreaterThan(990);
  });

  it('that asks for a long pause is named with it at once', async () => {
    const bench = await open((_, response) => response.writeHead(429, { 'retry-after': '3600' }).end());
    await expect(bench.fetch()).rejects.toMatchObject({
      kind: 'REGISTRY_BUSY',
      details: { registry: bench.server.host, retryAfterSeconds: 3600 },
    });
    expect(bench.server.seen).toHaveLength(1);
  });

  it('that is not there is named with what to check', async () => {
    const port = await freePort();
    const bench = await open(() => undefined);
    await expect(bench.fetch({ url: `http://127.0.0.1:${port}/file` })).rejects.toMatchObject({
      kind: 'REGISTRY_FAILED',
      details: { registry: `127.0.0.1:${port}`, reason: expect.stringContaining('refused') as string },
    });
  });

  it('that starts anew for ever, each time with much, is given up', async () => {
    const large = randomBytes(4_000_000);
    const bench = await open((_, response) => {
      response.writeHead(200, { 'content-length': large.length });
      response.write(large.subarray(0, 3_000_000), () => setTimeout(() => response.destroy(), 50));
    });
    const request = { digest: sha256(large), sizeBytes: large.length, maxBytes: 5_000_000 };
    await expect(bench.fetch(request)).rejects.toMatchObject({ kind: 'REGISTRY_FAILED' });
    expect(bench.server.seen.length).toBeLessThanOrEqual(IMPATIENT.attempts + 1);
  });
});

describe('a redirect', () => {
  const secret = { authorization: 'Bearer s3cret', 'x-token': 's3cret' };

  it('to another host gets none of the secrets; to the same host it does', async () => {
    const other = await ScriptedServer.start(
      (request, response) => serve(FILE, request, response),
      '127.0.0.2',
    );
    const bench = await open((request, response) => {
      if (request.path === '/file') response.writeHead(302, { location: '/again' }).end();
      else response.writeHead(307, { location: `${other.url}/there?signature=abc` }).end();
    });
    await bench.fetch({ headers: secret });
    await expectWhole(bench);
    const got = ({ headers }: SeenRequest): unknown[] => [headers.authorization, headers['x-token']];
    expect(bench.server.seen.map(got)).toEqual([
      ['Bearer s3cret', 's3cret'],
      ['Bearer s3cret', 's3cret'],
    ]);
    expect(other.seen.map(got)).toEqual([[undefined, undefined]]);
    expect(other.seen[0]?.path).toBe('/there?signature=abc');
  });

  it('without an end is refused', async () => {
    const bench = await open((_, response) => response.writeHead(302, { location: '/file' }).end());
    await expect(bench.fetch()).rejects.toMatchObject({
      kind: 'REGISTRY_FAILED',
      details: { reason: 'it redirects more than 5 times' },
    });
    expect(bench.server.seen).toHaveLength(6);
  });

  it.each([
    ['file:///etc/passwd', 'an address of file:'],
    ['ftp://127.0.0.1/file', 'an address of ftp:'],
    ['http://user:pass@127.0.0.1/file', 'a password in it'],
    ['http://', 'no address'],
    [undefined, 'without saying whereto'],
  ])('to %s is refused', async (location, reason) => {
    const bench = await open((_, response) =>
      response.writeHead(302, location === undefined ? {} : { location }).end(),
    );
    await expect(bench.fetch()).rejects.toMatchObject({
      kind: 'REGISTRY_FAILED',
      details: { reason: expect.stringContaining(reason) as string },
    });
    expect(bench.server.seen).toHaveLength(1);
  });
});

describe('the disk', () => {
  it.skipIf(!isRoot)('that is full is named, and gets back what the part took', async () => {
    const directory = join(await scratch(), 'disk');
    const disk = new SmallFilesystem(directory, 4);
    onTestFinished(() => disk.unmount());
    disk.fill(100_000);
    const free = disk.freeBytes;
    const bench = await open((request, response) => serve(FILE, request, response));
    const path = join(directory, 'file');
    await expect(bench.fetch({ path })).rejects.toMatchObject({ kind: 'DISK_FULL', details: { path } });
    expect([existsSync(path), existsSync(`${path}.part`), disk.freeBytes]).toEqual([false, false, free]);
    disk.relieve();
    await bench.fetch({ path });
    expect(sha256(await readFile(path))).toBe(sha256(FILE));
  });

  it('is not written to through a link that lies where the part is to be', async () => {
    const bench = await open((request, response) => serve(FILE, request, response));
    await bench.fetch();
    const victim = join(bench.path, '..', 'victim');
    await writeFile(victim, 'mine');
    await symlink(victim, `${bench.path}.part`);
    await expect(bench.fetch()).rejects.toThrow(/ELOOP/);
    expect(await readFile(victim, 'utf8')).toBe('mine');
  });
});

describe('a proxy of the environment', () => {
  it('is asked for what is elsewhere, but not for the loopback', async () => {
    const proxy = await ScriptedServer.start((request, response) => serve(FILE, request, response));
    vi.stubEnv('http_proxy', proxy.url);
    vi.stubEnv('no_proxy', '');
    onTestFinished(() => void vi.unstubAllEnvs());
    const bench = await open((request, response) => serve(FILE, request, response));
    await bench.fetch();
    expect(proxy.seen).toEqual([]);
    await bench.fetch({ url: 'http://registry.example/file' });
    await expectWhole(bench);
    expect(proxy.seen.map(({ path }) => path)).toEqual(['http://registry.example/file']);
  });
});
