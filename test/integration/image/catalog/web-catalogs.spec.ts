import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SignedCatalog } from '../../../../src/image/catalog/catalog-writer.js';
import { CatalogBench, quiet, RecordedDownloads, refused } from './catalog-bench.js';

let bench: CatalogBench;
let publicKey: string;
let signed: SignedCatalog;
beforeEach(async () => {
  ({ bench, publicKey, signed } = await CatalogBench.open());
});
afterEach(() => {
  bench.close();
  expect(existsSync(bench.directory)).toBe(false);
});

describe('a catalog from the web', () => {
  let server: Server;
  let base: string;
  let answer: (request: IncomingMessage, response: ServerResponse) => void;
  let asked: string[];

  beforeEach(async () => {
    asked = [];
    answer = (request, response) => {
      const path = join(bench.shelf, new URL(request.url ?? '', base).pathname);
      if (existsSync(path) && statSync(path).isFile()) response.end(readFileSync(path));
      else response.writeHead(404).end();
    };
    server = createServer((request, response) => {
      asked.push(request.url ?? '');
      answer(request, response);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  it('that is signed leads to a download of what it says', async () => {
    const image = (await bench.read({ location: `${base}/`, publicKey })).resolve('small');
    expect(asked).toEqual(['/catalog.json', '/catalog.json.sig']);
    const downloads = new RecordedDownloads();
    const signal = quiet();
    const onProgress = (): void => undefined;
    const path = await bench
      .shelves(downloads)
      .with(image, { signal, download: (fetch) => fetch(onProgress) }, (source) => Promise.resolve(source));
    const content = readFileSync(join(bench.shelf, 'small.banger.tar.zst'));
    expect(downloads.requests).toEqual([
      {
        url: `${base}/small.banger.tar.zst`,
        path,
        digest: `sha256:${createHash('sha256').update(content).digest('hex')}`,
        sizeBytes: content.length,
        maxBytes: content.length,
        signal,
        onProgress,
      },
    ]);
  });

  it('is taken with its digest, or with a key in a file', async () => {
    const location = `${base}/catalog.json`;
    expect(
      (await bench.read({ location: `${location}#sha256=${signed.sha256.toUpperCase()}` })).images,
    ).toHaveLength(1);
    writeFileSync(bench.path('team.pub'), `${publicKey}\n`);
    expect((await bench.read({ location, publicKey: bench.path('team.pub') })).images).toHaveLength(1);
    execFileSync('openssl', ['pkey', '-in', bench.key, '-pubout', '-out', bench.path('team.pem')]);
    expect((await bench.read({ location, publicKey: bench.path('team.pem') })).images).toHaveLength(1);
  });

  it('that nothing vouches for is not even asked for', async () => {
    await expect(bench.read({ location: `${base}/` })).rejects.toMatchObject(
      refused(/nothing says that it is the right one/),
    );
    expect(asked).toEqual([]);
  });

  it('is refused with another pin, another bench.key, no signature, or one that is none', async () => {
    const location = `${base}/catalog.json`;
    await expect(bench.read({ location: `${location}#sha256=${'0'.repeat(64)}` })).rejects.toMatchObject(
      refused(/another digest/),
    );
    await expect(bench.read({ location: `${location}#sha256=12`, publicKey })).rejects.toMatchObject(
      refused(/no such digest/),
    );
    const other = await bench.writer.createKey(bench.path('other.key'));
    await expect(bench.read({ location, publicKey: other })).rejects.toMatchObject(refused(/not by the key/));
    await expect(bench.read({ location, publicKey: 'x' })).rejects.toMatchObject(
      refused(/public key is not one/),
    );
    for (const signature of ['', 'AAAA', Buffer.alloc(64).toString('base64'), 'A'.repeat(5000)]) {
      writeFileSync(join(bench.shelf, 'catalog.json.sig'), signature);
      await expect(bench.read({ location, publicKey })).rejects.toMatchObject(
        refused(/signature|more than 4096/),
      );
    }
    execFileSync('rm', [join(bench.shelf, 'catalog.json.sig')]);
    await expect(bench.read({ location, publicKey })).rejects.toMatchObject(refused(/sig answered 404/));
  });

  it.each([
    ['name', /"small"/, '"other"'],
    ['digest', /sha256:../, 'sha256:00'],
    ['sha256 of the bundle', /"sha256": "../, '"sha256": "00'],
    ['size', /"sizeBytes": \d/, '"sizeBytes": 9'],
    ['address', /"small.banger/, '"evil.banger'],
    ['white space', /\n/, '\n\n'],
  ])('is refused when its %s was changed after it was signed', async (_, what, by) => {
    const before = readFileSync(join(bench.shelf, 'catalog.json'), 'utf8');
    bench.tamper((text) => text.replace(what, by));
    expect(readFileSync(join(bench.shelf, 'catalog.json'), 'utf8')).not.toBe(before);
    await expect(bench.read({ location: base + '/', publicKey })).rejects.toMatchObject(refused(/signature/));
  });

  it('is refused when an old issue is served again', async () => {
    const later = await bench.writer.sign({
      directory: bench.shelf,
      privateKeyPath: bench.key,
      signal: quiet(),
    });
    expect(later.serial).toBe(signed.serial + 1);
    const source = { location: `${base}/`, publicKey, minSerial: later.serial };
    expect((await bench.read(source)).serial).toBe(later.serial);
    await bench.writer.sign({
      directory: bench.shelf,
      privateKeyPath: bench.key,
      serial: signed.serial,
      signal: quiet(),
    });
    await expect(bench.read(source)).rejects.toMatchObject(refused(/issue 1, and issue 2 has been seen/));
  });

  it.each([
    'http://example.org/catalog.json',
    'ftp://127.0.0.1/catalog.json',
    'https://ada:x@127.0.0.1/',
    'http://127.0.0.1.example.org/',
  ])('is not asked for at %s', async (location) => {
    await expect(bench.read({ location, publicKey })).rejects.toMatchObject(refused(/not to be used/));
  });

  it('is followed where it has moved to, but not for ever, nor anywhere', async () => {
    const served = answer;
    let to = '/catalog.json';
    answer = (request, response) => {
      if (request.url?.startsWith('/old/'))
        response.writeHead(302, { location: to + (request.url.endsWith('.sig') ? '.sig' : '') }).end();
      else served(request, response);
    };
    const location = `${base}/old/catalog.json`;
    // what lies beside it lies beside its own address
    const image = (await bench.read({ location, publicKey })).resolve('small');
    expect(image.place).toEqual({ url: `${base}/old/small.banger.tar.zst` });
    for (to of ['http://example.org/catalog.json', 'file:///etc/passwd', 'https://a:b@example.org/'])
      await expect(bench.read({ location, publicKey })).rejects.toMatchObject(refused(/not to be used/));
    to = '/old/catalog.json';
    asked = [];
    await expect(bench.read({ location, publicKey })).rejects.toMatchObject(
      refused(/leads on more than 5 times/),
    );
    expect(asked).toHaveLength(6);
  });

  it('is refused when it is too long, breaks off, or is an error', async () => {
    answer = (_, response) => {
      response.writeHead(200);
      const more = (): void => {
        if (!response.destroyed) response.write(Buffer.alloc(1024 ** 2, ' '), more);
      };
      more();
    };
    await expect(bench.read({ location: `${base}/`, publicKey })).rejects.toMatchObject(
      refused(/more than 4194304 bytes/),
    );
    answer = (_, response) => {
      response.writeHead(200, { 'content-length': '1000' });
      response.write('{', () => response.destroy());
    };
    await expect(bench.read({ location: `${base}/`, publicKey })).rejects.toMatchObject(
      refused(/could not be had/),
    );
    answer = (_, response) => response.writeHead(500).end();
    await expect(bench.read({ location: `${base}/`, publicKey })).rejects.toMatchObject(
      refused(/answered 500/),
    );
    answer = (_, response) => response.end('<html>sign in</html>');
    await expect(
      bench.read({
        location: `${base}/#sha256=${createHash('sha256').update('<html>sign in</html>').digest('hex')}`,
      }),
    ).rejects.toMatchObject(refused(/not JSON/));
  });

  it('is waited for no longer when it is cancelled', async () => {
    const cancel = new AbortController();
    answer = () => {
      cancel.abort();
    };
    await expect(bench.reader.read({ location: `${base}/`, publicKey }, cancel.signal)).rejects.toMatchObject(
      {
        kind: 'CANCELLED',
      },
    );
  });
});
