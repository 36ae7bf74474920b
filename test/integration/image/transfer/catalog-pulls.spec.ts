import { chmod, mkdir, readdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { OperationView } from '../../../../src/contract/index.js';
import { CatalogWriter } from '../../../../src/image/index.js';
import { CatalogPuller } from '../../../../src/image/transfer/catalog-puller.js';
import { IMPATIENT } from '../oci/support/pull-bench.js';
import { PackageFixture } from '../fixture.js';
import { ImageHost } from '../support.js';
import { ChannelHost } from './channel-host.js';

const BUNDLE = 'web.banger.tar.zst';
let packages: PackageFixture;
let maker: ChannelHost;
let shelf: string;
let publicKey: string;
let host: ImageHost;

const signal = (): AbortSignal => new AbortController().signal;

beforeAll(async () => {
  packages = await PackageFixture.make();
  maker = await ChannelHost.open(await ImageHost.open({ buildHost: packages }));
  await maker.host.build({ name: 'web' });
  await chmod(maker.host.directory, 0o755);
  shelf = join(maker.host.directory, 'shelf');
  await mkdir(shelf);
  await writeFile(join(shelf, BUNDLE), await maker.export('web'));
  const writer = maker.host.app.get(CatalogWriter, { strict: false });
  const key = join(maker.host.directory, 'team.key');
  publicKey = await writer.createKey(key);
  await writer.sign({ directory: shelf, privateKeyPath: key, signal: signal() });
});
afterAll(async () => {
  await maker.close();
  await packages.remove();
});

const downloads = (): Promise<string[]> =>
  readdir(join(host.config.values.stateDirectory, 'cache/bundles')).catch(() => []);

async function begin(
  params: Partial<Parameters<CatalogPuller['begin']>[1]> & { catalog: string },
): Promise<string> {
  const puller = host.app.get(CatalogPuller, { strict: false });
  const { catalog, ...others } = params;
  return (await puller.begin(catalog, { reference: 'web', ...others })).id;
}

async function pull(params: Parameters<typeof begin>[0]): Promise<OperationView> {
  return (await host.follow(await begin(params))).view;
}

function failure({ state, error }: OperationView): unknown {
  return { state, kind: error?.data.kind, why: error?.data.why };
}

describe('a catalog on this host', () => {
  beforeEach(async () => {
    host = await ImageHost.open();
  });
  afterEach(() => host.close());

  it('gives an image, and nothing new as long as it is that of the catalog', async () => {
    const there = await maker.host.images.get('web');
    expect(await pull({ catalog: shelf, publicKey })).toMatchObject({
      state: 'succeeded',
      kind: 'image.pull',
    });
    const image = await host.images.get('web');
    expect(image).toMatchObject({
      source: { kind: 'catalog', reference: `${shelf}#web`, digest: there.digest },
    });
    await host.images.require('web');
    expect(await pull({ catalog: shelf })).toMatchObject({
      state: 'succeeded',
      steps: [{ detail: 'the image is up to date' }],
    });
    expect((await host.images.get('web')).id).toBe(image.id);
    await pull({ catalog: shelf, force: true });
    expect((await host.images.get('web')).id).not.toBe(image.id);
    expect(await downloads()).toEqual([]);
  });

  it('takes the name of another image by force alone, and that of its own earlier issue without', async () => {
    await pull({ catalog: shelf });
    const { image } = host.database.client;
    await image.updateMany({ data: { digest: 'sha256:older', source: { kind: 'build' } } });
    expect(failure(await pull({ catalog: shelf }))).toMatchObject({ state: 'failed', kind: 'IMAGE_EXISTS' });
    await image.updateMany({ data: { source: { kind: 'catalog', reference: `${shelf}#web`, digest: 'x' } } });
    expect(await pull({ catalog: shelf })).toMatchObject({ state: 'succeeded' });
    expect(await host.images.list()).toHaveLength(1);
  });

  it('that names another image, or has none of that name, leaves nothing', async () => {
    expect(failure(await pull({ catalog: shelf, reference: 'nope' }))).toMatchObject({
      kind: 'IMAGE_NOT_FOUND',
    });
    const wrong = Buffer.alloc(32, 7).toString('base64');
    expect(failure(await pull({ catalog: shelf, publicKey: wrong }))).toMatchObject({
      kind: 'IMAGE_CATALOG_INVALID',
    });
    expect(await host.imageDirectory()).toEqual([]);
    expect(await host.ledger.list()).toEqual([]);
  });

  it.runIf(process.getuid?.() === 0)(
    'is read by a daemon of root only as far as everybody may (needs root)',
    async () => {
      await chmod(shelf, 0o700);
      try {
        expect(failure(await pull({ catalog: shelf }))).toMatchObject({
          kind: 'IMAGE_CATALOG_INVALID',
          why: expect.stringMatching(/everybody may read/),
        });
      } finally {
        await chmod(shelf, 0o755);
      }
    },
  );

  it('may be named by the configuration, which root has written', async () => {
    await host.close();
    const config = `[[catalogs]]\nname = "team"\nlocation = "${shelf}"\npublic_key = "${publicKey}"\n`;
    host = await ImageHost.open({ config });
    await chmod(shelf, 0o700);
    try {
      const puller = host.app.get(CatalogPuller, { strict: false });
      expect(await puller.list({ catalog: 'team' }, signal())).toMatchObject({
        location: shelf,
        serial: 1,
        images: [{ name: 'web', sizeBytes: readFileSync(join(shelf, BUNDLE)).length }],
      });
      expect(await pull({ catalog: 'team' })).toMatchObject({ state: 'succeeded' });
      expect((await host.images.get('web')).source?.reference).toBe('team#web');
    } finally {
      await chmod(shelf, 0o755);
    }
  });
});

describe('a catalog on the web', () => {
  let server: Server;
  let base: string;
  let bundleRequests: (string | undefined)[];
  let serveBundle: (content: Buffer, request: IncomingMessage, response: ServerResponse) => void;

  beforeEach(async () => {
    host = await ImageHost.open({ patience: IMPATIENT });
    bundleRequests = [];
    serveBundle = serveRange;
    server = createServer((request, response) => {
      const name = (request.url ?? '').slice(1);
      if (name !== BUNDLE) return response.end(readFileSync(join(shelf, name)));
      bundleRequests.push(request.headers.range);
      return serveBundle(readFileSync(join(shelf, BUNDLE)), request, response);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await host.close();
  });

  it('gives an image whose download is gone on with, and not kept', async () => {
    const half = readFileSync(join(shelf, BUNDLE)).length >> 1;
    serveBundle = (content, _, response) => {
      response.writeHead(200, { 'content-length': content.length, 'accept-ranges': 'bytes', etag: '"1"' });
      response.write(content.subarray(0, half));
    };
    const id = await begin({ catalog: `${base}/`, publicKey });
    await expect.poll(downloads).toHaveLength(1);
    await expect
      .poll(async () => (await host.operations.get(id)).steps.at(-1)?.progress ?? 0)
      .toBeGreaterThan(0.4);
    expect(await host.operations.cancel(id)).toMatchObject({ state: 'cancelled' });
    expect((await downloads())[0]).toMatch(/^[0-9a-f]{64}\.part$/);
    expect(await host.imageDirectory()).toEqual([]);

    serveBundle = serveRange;
    expect(await pull({ catalog: `${base}/`, publicKey })).toMatchObject({ state: 'succeeded' });
    expect(bundleRequests).toEqual([undefined, `bytes=${half}-`]);
    expect(await downloads()).toEqual([]);
    expect((await host.images.get('web')).source?.digest).toBe((await maker.host.images.get('web')).digest);
  });

  it('is refused when nothing says that it is the right one, or the bundle is not what it says', async () => {
    expect(failure(await pull({ catalog: `${base}/` }))).toMatchObject({ kind: 'IMAGE_CATALOG_INVALID' });
    serveBundle = (content, _, response) => {
      const evil = Buffer.from(content);
      evil[evil.length >> 1] = (evil[evil.length >> 1] ?? 0) ^ 1;
      response.end(evil);
    };
    expect(await pull({ catalog: `${base}/`, publicKey })).toMatchObject({ state: 'failed' });
    expect(await host.imageDirectory()).toEqual([]);
    expect(await host.images.list()).toEqual([]);
    expect(await host.ledger.list()).toEqual([]);
  });

  it('is asked for one bundle once at a time', async () => {
    const both = await Promise.all([
      pull({ catalog: `${base}/`, publicKey }),
      pull({ catalog: `${base}/`, publicKey, name: 'again' }),
    ]);
    expect(both.map(({ state }) => state)).toEqual(['succeeded', 'succeeded']);
    const [one, other] = await host.images.list();
    expect(one?.digest).toBe(other?.digest);
    expect(await downloads()).toEqual([]);
  });
});

function serveRange(content: Buffer, { headers }: IncomingMessage, response: ServerResponse): void {
  const from = Number(/^bytes=(\d+)-/.exec(headers.range ?? '')?.[1] ?? 0);
  const length = { 'content-length': content.length - from, 'accept-ranges': 'bytes', etag: '"1"' };
  if (from === 0) response.writeHead(200, length);
  else {
    const range = `bytes ${from}-${content.length - 1}/${content.length}`;
    response.writeHead(206, { ...length, 'content-range': range });
  }
  response.end(content.subarray(from));
}
