import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SignedCatalog } from '../../../../src/image/catalog/catalog-writer.js';
import { same } from './bundle-bench.js';
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

describe('a catalog in a directory of this host', () => {
  it('leads from a name to the image, whose every byte is checked', async () => {
    const catalog = await bench.read({ location: bench.shelf });
    expect(catalog.images.map(({ name }) => name)).toEqual(['small']);
    const image = catalog.resolve('small');
    const into = await bench.emptyDirectory();
    const options = { signal: quiet(), download: () => Promise.reject(new Error('it is here')) };
    await bench
      .shelves(new RecordedDownloads())
      .with(image, options, (source) =>
        bench.bundles.read({ source, into, digest: image.digest, signal: quiet() }),
      );
    expect(same(join(into, 'root.ext4'), bench.path('root.ext4'))).toBe(true);
  });

  it('is not read for somebody who may have fewer rights, unless everybody may', async () => {
    chmodSync(bench.directory, 0o755);
    const source = { location: bench.shelf, publicKey, forEverybody: true };
    const bundle = join(bench.shelf, 'small.banger.tar.zst');
    const take = async (): Promise<unknown> => {
      const image = (await bench.read(source)).resolve('small');
      const options = { forEverybody: true, signal: quiet(), download: () => Promise.resolve() };
      return bench
        .shelves(new RecordedDownloads())
        .with(image, options, (from) => bench.bundles.peek(from, quiet()));
    };
    await expect(take()).resolves.toMatchObject({ image: { name: 'small' } });
    for (const [path, mode] of [
      [bundle, 0o640],
      [join(bench.shelf, 'catalog.json'), 0o600],
      [join(bench.shelf, 'catalog.json.sig'), 0o600],
      [bench.shelf, 0o750],
      [bench.directory, 0o700],
    ] as const) {
      const before = statSync(path).mode;
      chmodSync(path, mode);
      await expect(take(), path).rejects.toMatchObject(refused(/that everybody may read/));
      chmodSync(path, before);
    }
    // a link does not make it open, and says no more than a file that is not there
    chmodSync(bundle, 0o600);
    const link = join(bench.shelf, 'link.banger.tar.zst');
    symlinkSync(bundle, link);
    for (const path of [link, join(bench.shelf, 'nowhere')])
      await expect(bench.documents.stream(path, { forEverybody: true })).rejects.toThrow(
        `there is no file ${path} that everybody may read`,
      );
    (await bench.documents.stream(link, {})).destroy();
  });

  it('does not lead to another image that lies under the same name', async () => {
    const { digest } = (await bench.read({ location: bench.shelf })).resolve('small');
    writeFileSync(bench.path('vmlinux'), 'another kernel');
    await bench.write({ path: join(bench.shelf, 'small.banger.tar.zst') });
    const into = await bench.emptyDirectory();
    const source = join(bench.shelf, 'small.banger.tar.zst');
    await expect(bench.bundles.read({ source, into, digest, signal: quiet() })).rejects.toMatchObject({
      kind: 'IMAGE_BUNDLE_INVALID',
    });
    expect(readdirSync(into)).toEqual([]);
  });

  it('may be named by its file, and is checked by what it is signed and pinned with', async () => {
    const location = join(bench.shelf, 'catalog.json');
    expect((await bench.read({ location, publicKey })).images).toHaveLength(1);
    expect((await bench.read({ location: `${location}#sha256=${signed.sha256}` })).images).toHaveLength(1);
    bench.tamper((text) => text.replace('"small"', '"evil"'));
    expect((await bench.read({ location })).resolve('evil').name).toBe('evil');
    await expect(bench.read({ location, publicKey })).rejects.toMatchObject(refused(/signature/));
    await expect(bench.read({ location: `${bench.shelf}#sha256=${signed.sha256}` })).rejects.toMatchObject(
      refused(/digest/),
    );
  });

  it('tells which images it has, when asked for another', async () => {
    const catalog = await bench.read({ location: bench.shelf });
    expect(() => catalog.resolve('smal')).toThrowError(
      expect.objectContaining({ kind: 'IMAGE_NOT_FOUND', why: 'it has: small' }),
    );
  });

  it.each(['../small.tar', '/etc/passwd', 'a/../../b', '%2e%2e/x', 'a%2fb', 'a//b', '%zz', ''])(
    'has no bundle outside of its directory (%s)',
    async (url) => {
      bench.tamper((text) => text.replace('"small.banger.tar.zst"', JSON.stringify(url)));
      await expect(bench.read({ location: bench.shelf })).rejects.toMatchObject(
        refused(/outside of its directory|"url"/),
      );
    },
  );

  it.each([
    'http://example.org/x',
    'file:///etc/passwd',
    'https://ada:secret@example.org/x',
    'ftp://127.0.0.1/x',
  ])('has no bundle at %s', async (url) => {
    bench.tamper((text) => text.replace('"small.banger.tar.zst"', JSON.stringify(url)));
    await expect(bench.read({ location: bench.shelf })).rejects.toMatchObject(refused(/not to be used/));
  });

  it('shows nothing of a file that is no catalog', async () => {
    writeFileSync(bench.path('shadow'), 'root:$y$secret:20000:0\n', { mode: 0o600 });
    const error: unknown = await bench
      .read({ location: bench.path('shadow') })
      .catch((reason: unknown) => reason);
    expect(error).toMatchObject(refused(/not JSON/));
    expect(`${JSON.stringify(error)} ${(error as Error).message}`).not.toMatch(/secret|root:/);
    await expect(
      bench.read({ location: bench.shelf, publicKey: bench.path('shadow') }),
    ).rejects.toMatchObject(refused(/public key/));
  });

  it('is not there, is a pipe, is too long: each is said', async () => {
    await expect(bench.read({ location: bench.path('nowhere') })).rejects.toMatchObject(
      refused(/there is no file/),
    );
    execFileSync('mkfifo', [bench.path('pipe')]);
    await expect(bench.read({ location: bench.path('pipe') })).rejects.toMatchObject(
      refused(/not a plain file/),
    );
    writeFileSync(bench.path('long'), Buffer.alloc(4 * 1024 ** 2 + 1, ' '));
    await expect(bench.read({ location: bench.path('long') })).rejects.toMatchObject(
      refused(/more than 4194304 bytes/),
    );
  });
});

describe('who makes a catalog', () => {
  it('has a key that nobody else can read, and that takes the place of none', async () => {
    expect(statSync(bench.key).mode & 0o777).toBe(0o600);
    await expect(bench.writer.createKey(bench.key)).rejects.toMatchObject(refused(/already/));
    chmodSync(bench.key, 0o640);
    await expect(
      bench.writer.sign({ directory: bench.shelf, privateKeyPath: bench.key, signal: quiet() }),
    ).rejects.toMatchObject(refused(/can be read by others/));
  });

  it('makes a signature that OpenSSL verifies', () => {
    const signature = Buffer.from(readFileSync(join(bench.shelf, 'catalog.json.sig'), 'latin1'), 'base64');
    writeFileSync(bench.path('signature'), signature);
    const args = [
      'pkeyutl',
      '-verify',
      '-inkey',
      bench.key,
      '-rawin',
      '-in',
      join(bench.shelf, 'catalog.json'),
      '-sigfile',
      bench.path('signature'),
    ];
    expect(execFileSync('openssl', args).toString()).toContain('Verified Successfully');
  });

  it('lists all bundles, and none when one of them is none or two have a name', async () => {
    await bench.write({
      path: join(bench.shelf, 'a b%.banger.tar.zst'),
      image: { ...bench.image, name: 'other', description: 'One more' },
    });
    const sign = (): Promise<SignedCatalog> =>
      bench.writer.sign({ directory: bench.shelf, privateKeyPath: bench.key, signal: quiet() });
    expect((await sign()).images.map(({ name }) => name)).toEqual(['other', 'small']);
    const other = (await bench.read({ location: bench.shelf, publicKey })).resolve('other');
    expect(other).toMatchObject({
      description: 'One more',
      place: { path: join(bench.shelf, 'a b%.banger.tar.zst') },
    });
    const before = readFileSync(join(bench.shelf, 'catalog.json'), 'utf8');
    copyFileSync(join(bench.shelf, 'small.banger.tar.zst'), join(bench.shelf, 'twin.banger.tar.zst'));
    await expect(sign()).rejects.toMatchObject(refused(/names an image twice/));
    writeFileSync(join(bench.shelf, 'twin.banger.tar.zst'), 'none');
    await expect(sign()).rejects.toMatchObject({ kind: 'IMAGE_BUNDLE_INVALID' });
    expect(readFileSync(join(bench.shelf, 'catalog.json'), 'utf8')).toBe(before);
    expect(readdirSync(bench.shelf).filter((name) => name.endsWith('.part'))).toEqual([]);
  });

  it('needs a key of ed25519, and a directory', async () => {
    const sign = (privateKeyPath: string, directory = bench.shelf): Promise<SignedCatalog> =>
      bench.writer.sign({ directory, privateKeyPath, signal: quiet() });
    execFileSync('openssl', ['genpkey', '-quiet', '-algorithm', 'ed448', '-out', bench.path('other.key')]);
    chmodSync(bench.path('other.key'), 0o600);
    await expect(sign(bench.path('other.key'))).rejects.toMatchObject(refused(/not one of ed25519/));
    await expect(sign(bench.path('no.key'))).rejects.toMatchObject(refused(/there is no/));
    await expect(sign(bench.key, bench.path('nowhere'))).rejects.toMatchObject(refused(/there is no/));
  });
});
