import { randomBytes } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { freePort } from '../../../support/free-port.js';
import { sha256 } from '../oci/support/image-layout.js';
import { IMPATIENT } from '../oci/support/pull-bench.js';
import { ScriptedServer, serve } from '../oci/support/scripted-server.js';
import type { SeenRequest } from '../oci/support/scripted-server.js';
import { expectWhole, FILE, open } from './support/download-bench.js';

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
