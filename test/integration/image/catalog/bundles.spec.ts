import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  cpSync,
  existsSync,
  linkSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sparseDigest } from '../../../../src/host/index.js';
import { digestFacts } from '../../../../src/image/catalog/bundle-manifest.js';
import type { BundleManifest } from '../../../../src/image/catalog/bundle-manifest.js';
import { imageDigest } from '../../../../src/image/metadata/image-digest.js';
import { SmallFilesystem } from '../../../support/small-filesystem.js';
import { BundleBench, bytes, FILES, same } from './bundle-bench.js';

const KIB = 1024;
let bench: BundleBench;
beforeEach(() => {
  bench = new BundleBench();
  bench.makeImage();
});
afterEach(() => {
  bench.close();
  expect(existsSync(bench.directory)).toBe(false);
});

const quiet = (): AbortSignal => new AbortController().signal;
const blocks = (path: string): number => statSync(path).blocks;

describe('an image that has gone through a bundle', () => {
  it('is the same bit by bit and hole by hole', async () => {
    const written = await bench.write();
    const into = await bench.emptyDirectory();
    expect(await bench.bundles.read({ source: bench.target, into, signal: quiet() })).toEqual(written);
    expect(readdirSync(into).toSorted()).toEqual([...FILES].toSorted());
    for (const { name, digest } of written.files) {
      expect(same(join(into, name), bench.path(name)), name).toBe(true);
      expect(await bench.holes(join(into, name)), name).toEqual(await bench.holes(bench.path(name)));
      expect(await sparseDigest(join(into, name), bench.runner)).toBe(digest);
    }
    // a root without a hole would show nothing
    expect(blocks(bench.path('root.ext4')) * 512).toBeLessThan(statSync(bench.path('root.ext4')).size / 2);
  });

  it('has the digest of the image, which can be asked for', async () => {
    const digest = imageDigest(digestFacts(await bench.write()));
    const into = await bench.emptyDirectory();
    await bench.bundles.read({ source: bench.target, into, digest, signal: quiet() });
    const other = await bench.emptyDirectory();
    await expect(
      bench.bundles.read({
        source: bench.target,
        into: other,
        digest: `sha256:${'0'.repeat(64)}`,
        signal: quiet(),
      }),
    ).rejects.toMatchObject({ kind: 'IMAGE_BUNDLE_INVALID', why: expect.stringMatching(/another image/) });
    expect(readdirSync(other)).toEqual([]);
  });

  it('comes from a stream as well, in whatever pieces', async () => {
    await bench.write();
    const whole = readFileSync(bench.target);
    for (const size of [1 << 20, 4093]) {
      const into = await bench.emptyDirectory();
      const pieces: Buffer[] = [];
      for (let at = 0; at < whole.length; at += size) pieces.push(whole.subarray(at, at + size));
      let seen = 0;
      const source = { stream: Readable.from(pieces), name: 'what came' };
      await bench.bundles.read({ source, into, signal: quiet(), onProgress: (read) => (seen = read) });
      expect(seen).toBe(whole.length);
      expect(same(join(into, 'root.ext4'), bench.path('root.ext4'))).toBe(true);
    }
  });

  it('may have files that are all hole, end in the middle of a block, or begin with a hole', async () => {
    truncateSync(bench.path('work.ext4'), 0);
    truncateSync(bench.path('work.ext4'), 300 * KIB + 77);
    writeFileSync(bench.path('initrd'), bytes(4097, 9));
    truncateSync(bench.path('root.ext4'), 0);
    truncateSync(bench.path('root.ext4'), 900 * KIB);
    appendFileSync(bench.path('root.ext4'), bytes(100 * KIB + 1, 7));
    const written = await bench.write();
    const into = await bench.emptyDirectory();
    await bench.bundles.read({ source: bench.target, into, signal: quiet() });
    for (const { name } of written.files) expect(same(join(into, name), bench.path(name)), name).toBe(true);
    expect(blocks(join(into, 'work.ext4'))).toBe(0);
    execFileSync('tar', ['--zstd', '-xf', bench.target, '-C', await bench.emptyDirectory()]);
    expect(same(bench.path('into-2/work.ext4'), bench.path('work.ext4'))).toBe(true);
  });
});

describe('GNU tar', () => {
  it('unpacks a bundle with its holes', async () => {
    await bench.write();
    const names = execFileSync('tar', ['--zstd', '-tf', bench.target]).toString().trim().split('\n');
    expect(names).toEqual(['manifest.json', ...FILES]);
    const into = await bench.emptyDirectory();
    execFileSync('tar', ['--zstd', '-xf', bench.target, '-C', into]);
    for (const name of FILES) {
      expect(same(join(into, name), bench.path(name)), name).toBe(true);
      expect(blocks(join(into, name)), name).toBeLessThanOrEqual(blocks(bench.path(name)));
    }
  });

  it.each([
    ['with holes', ['--sparse']],
    ['without', []],
  ])('may pack one again, %s, and what comes of it has them', async (_, options) => {
    await bench.write();
    const there = await bench.emptyDirectory();
    execFileSync('tar', ['--zstd', '-xf', bench.target, '-C', there]);
    const again = bench.path('again.banger.tar.zst');
    const order = ['manifest.json', 'root.ext4', ...FILES.filter((name) => name !== 'root.ext4')];
    execFileSync('tar', ['--format=posix', ...options, '--zstd', '-cf', again, '-C', there, ...order]);
    const into = await bench.emptyDirectory();
    await bench.bundles.read({ source: again, into, signal: quiet() });
    expect(same(join(into, 'root.ext4'), bench.path('root.ext4'))).toBe(true);
    expect(blocks(join(into, 'root.ext4'))).toBeLessThanOrEqual(blocks(bench.path('root.ext4')));
  });
});

describe('a bundle', () => {
  it('is the same for the same image, wherever its holes lie', async () => {
    await bench.write();
    const copy = bench.path('copy.ext4');
    execFileSync('cp', ['--sparse=never', bench.path('root.ext4'), copy]);
    expect(blocks(copy)).toBeGreaterThan(2 * blocks(bench.path('root.ext4')));
    const files = FILES.map((name) => ({ name, path: name === 'root.ext4' ? copy : bench.path(name) }));
    await bench.write({ path: bench.path('other.banger.tar.zst'), files });
    expect(same(bench.target, bench.path('other.banger.tar.zst'))).toBe(true);
  });

  it('is not made of a file that is written to meanwhile', async () => {
    const write = (): void => {
      appendFileSync(bench.path('root.ext4'), 'x');
    };
    await expect(bench.write({ onProgress: write })).rejects.toMatchObject({
      kind: 'IMAGE_BUNDLE_INVALID',
      why: expect.stringContaining('root.ext4 was written to'),
    });
  });

  it.each([
    ['is a link', (): void => symlinkSync('/etc/hostname', bench.path('initrd'))],
    ['is a directory', (): void => cpSync('/etc/apt/apt.conf.d', bench.path('initrd'), { recursive: true })],
    ['is not there', (): void => undefined],
  ])('is not made when a file of the image %s', async (_, put) => {
    rmSync(bench.path('initrd'));
    put();
    await expect(bench.write()).rejects.toMatchObject({
      kind: 'IMAGE_BUNDLE_INVALID',
      why: expect.stringContaining('initrd'),
    });
  });

  it('stops when it is cancelled, at whatever moment, and its target is not ended', async () => {
    let steps = 0;
    await bench.write({ onProgress: () => (steps += 1) });
    expect(steps).toBeGreaterThan(3);
    for (let when = -1; when < steps; when += 1) {
      const cancel = new AbortController();
      if (when === -1) cancel.abort();
      let step = 0;
      const onProgress = (): void => {
        if (step === when) cancel.abort();
        step += 1;
      };
      let ended = false;
      const target = new PassThrough({
        final: (done) => {
          ended = true;
          done();
        },
      }).resume();
      await expect(bench.write({ signal: cancel.signal, onProgress, target })).rejects.toMatchObject({
        kind: 'CANCELLED',
      });
      expect(ended).toBe(false);
    }
  });

  it('is made of an image that is deleted meanwhile, and gets other names', async () => {
    const expected = await bench.write({ path: bench.path('before.banger.tar.zst') });
    let first = true;
    const remove = (): void => {
      if (!first) return;
      first = false;
      linkSync(bench.path('initrd'), bench.path('another-name'));
      for (const name of FILES) rmSync(bench.path(name));
    };
    expect(await bench.write({ onProgress: remove })).toEqual(expected);
    expect(same(bench.target, bench.path('before.banger.tar.zst'))).toBe(true);
  });

  it('is not begun when whoever wants it does not like what will be in it', async () => {
    const target = new PassThrough();
    const check = ({ files }: BundleManifest): void => {
      throw new Error(`no ${files.length}`);
    };
    await expect(bench.write({ target, check })).rejects.toThrow('no 4');
    expect(target.readableLength).toBe(0);
  });

  it('keeps names with tags, and what the image says of itself', async () => {
    const metadata = {
      env: { LANG: 'C.UTF-8', PATH: '/opt/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' },
      user: 'app:app',
      workdir: '/srv/app',
      entrypoint: ['/entry', '--flag with space'],
      cmd: ['serve\n'],
      labels: { 'org.example.team': 'web' },
    };
    const image = { ...bench.image, name: 'app:1.2', metadata };
    const written = await bench.write({ image });
    expect(written.image).toEqual(image);
    expect(await bench.bundles.peek(bench.target, quiet())).toEqual(written);
    const wrong = { ...metadata, env: { 'not a name': 'x' } };
    await expect(bench.write({ image: { ...image, metadata: wrong } })).rejects.toMatchObject({
      kind: 'IMAGE_BUNDLE_INVALID',
      why: expect.stringContaining('metadata'),
    });
  });
});

describe('reading a bundle', () => {
  it('leaves nothing when it is cancelled, at whatever moment', async () => {
    await bench.write();
    const whole = readFileSync(bench.target);
    const piece = Math.ceil(whole.length / 12);
    const into = await bench.emptyDirectory();
    let wasThere = 0;
    for (let when = 0; when < 12; when += 1) {
      const cancel = new AbortController();
      // the stream waits where it is cancelled, so that what came before has been written
      const stream = Readable.from(
        (async function* () {
          for (let at = 0; at < 12; at += 1) {
            if (at === when) {
              await new Promise((resolve) => setTimeout(resolve, 60));
              wasThere += readdirSync(into).length;
              cancel.abort();
            }
            yield whole.subarray(at * piece, (at + 1) * piece);
          }
        })(),
      );
      await expect(
        bench.bundles.read({ source: { stream, name: 'what came' }, into, signal: cancel.signal }),
      ).rejects.toMatchObject({ kind: 'CANCELLED' });
      expect(readdirSync(into)).toEqual([]);
    }
    expect(wasThere).toBeGreaterThan(3);
  });

  it('takes the manifest alone from a stream that goes no further', async () => {
    const written = await bench.write();
    const stream = new PassThrough();
    stream.write(readFileSync(bench.target).subarray(0, 300_000));
    expect(await bench.bundles.peek({ stream, name: 'what came' }, quiet())).toEqual(written);
    expect(stream.destroyed).toBe(true);
    expect(await bench.bundles.peek(bench.target, quiet())).toEqual(written);
  });

  it('says which file is not there, and waits for no pipe', async () => {
    execFileSync('mkfifo', [bench.path('pipe')]);
    for (const source of [bench.path('nowhere'), bench.path('pipe'), bench.directory])
      await expect(
        bench.bundles.read({ source, into: await bench.emptyDirectory(), signal: quiet() }),
      ).rejects.toMatchObject({ kind: 'IMAGE_BUNDLE_INVALID', details: { bundle: source } });
  });

  it('touches no file that was there before', async () => {
    await bench.write();
    const into = await bench.emptyDirectory();
    writeFileSync(join(into, 'root.ext4'), 'mine');
    await expect(bench.bundles.read({ source: bench.target, into, signal: quiet() })).rejects.toThrow();
    expect(readdirSync(into)).toEqual(['root.ext4']);
    expect(readFileSync(join(into, 'root.ext4'), 'utf8')).toBe('mine');
  });
});

describe.runIf(process.getuid?.() === 0)('on a full disk (needs root)', () => {
  let disk: SmallFilesystem;
  beforeEach(() => {
    disk = new SmallFilesystem(bench.path('small'), 1);
  });
  afterEach(() => {
    disk.unmount();
  });

  it('a bundle is not read, and its files are gone', async () => {
    await bench.write();
    await expect(
      bench.bundles.read({ source: bench.target, into: disk.directory, signal: quiet() }),
    ).rejects.toMatchObject({ kind: 'DISK_FULL' });
    expect(readdirSync(disk.directory)).toEqual([]);
  });
});
