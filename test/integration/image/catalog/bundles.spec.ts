import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  cpSync,
  existsSync,
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
import { imageDigest } from '../../../../src/image/metadata/image-digest.js';
import { SmallFilesystem } from '../../../support/small-filesystem.js';
import { BundleBench, bundleFiles, bytes, FILES, same } from './bundle-bench.js';

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
    await bench.write({ target: bench.path('other.banger.tar.zst'), files });
    expect(same(bench.target, bench.path('other.banger.tar.zst'))).toBe(true);
  });

  it('takes the place of nothing, unless it is told to', async () => {
    writeFileSync(bench.target, 'mine');
    await expect(bench.write()).rejects.toMatchObject({
      kind: 'RESOURCE_TAKEN',
      fix: expect.stringContaining('--force'),
    });
    expect(readFileSync(bench.target, 'utf8')).toBe('mine');
    await bench.write({ force: true });
    expect(statSync(bench.target).size).toBeGreaterThan(100_000);
    expect(bundleFiles(bench.directory)).toEqual(['small.banger.tar.zst']);
  });

  it('does not take the place of a file that comes while it is written', async () => {
    const mine = (): void => {
      writeFileSync(bench.target, 'mine');
    };
    await expect(bench.write({ onProgress: mine })).rejects.toMatchObject({ kind: 'RESOURCE_TAKEN' });
    expect(readFileSync(bench.target, 'utf8')).toBe('mine');
    expect(bundleFiles(bench.directory)).toEqual(['small.banger.tar.zst']);
  });

  it('is written anew where an export was ended in the middle, and not through a link', async () => {
    writeFileSync(`${bench.target}.part`, bytes(9_000_000, 5));
    await bench.write();
    rmSync(bench.target);
    writeFileSync(bench.path('elsewhere'), 'mine');
    symlinkSync(bench.path('elsewhere'), `${bench.target}.part`);
    await bench.write();
    expect(readFileSync(bench.path('elsewhere'), 'utf8')).toBe('mine');
    await bench.bundles.read({ source: bench.target, into: await bench.emptyDirectory(), signal: quiet() });
  });

  it('is written by one at a time', async () => {
    const both = await Promise.allSettled([bench.write({ force: true }), bench.write({ force: true })]);
    expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    expect(both.find(({ status }) => status === 'rejected')).toMatchObject({
      reason: { kind: 'RESOURCE_TAKEN' },
    });
    await bench.bundles.read({ source: bench.target, into: await bench.emptyDirectory(), signal: quiet() });
    expect(bundleFiles(bench.directory)).toEqual(['small.banger.tar.zst']);
  });

  it('is given up when another process writes it, whose part stays', async () => {
    const part = `${bench.target}.part`;
    const takeOver = (): void => {
      rmSync(part);
      writeFileSync(part, 'theirs');
    };
    await expect(bench.write({ onProgress: takeOver })).rejects.toMatchObject({ kind: 'RESOURCE_TAKEN' });
    expect(readFileSync(part, 'utf8')).toBe('theirs');
    expect(existsSync(bench.target)).toBe(false);
  });

  it('is not made of a file that is written to meanwhile', async () => {
    const write = (): void => {
      appendFileSync(bench.path('root.ext4'), 'x');
    };
    await expect(bench.write({ onProgress: write })).rejects.toMatchObject({
      kind: 'IMAGE_BUNDLE_INVALID',
      why: expect.stringContaining('root.ext4 was written to'),
    });
    expect(bundleFiles(bench.directory)).toEqual([]);
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
    expect(bundleFiles(bench.directory)).toEqual([]);
  });

  it('leaves nothing when it is cancelled, at whatever moment', async () => {
    let steps = 0;
    await bench.write({ onProgress: () => (steps += 1) });
    rmSync(bench.target);
    expect(steps).toBeGreaterThan(3);
    for (let when = -1; when < steps; when += 1) {
      const cancel = new AbortController();
      if (when === -1) cancel.abort();
      let step = 0;
      const onProgress = (): void => {
        if (step === when) cancel.abort();
        step += 1;
      };
      await expect(bench.write({ signal: cancel.signal, onProgress })).rejects.toMatchObject({
        kind: 'CANCELLED',
      });
      expect(bundleFiles(bench.directory)).toEqual([]);
    }
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

  it('a bundle is not written, and its part is gone', async () => {
    disk.fill(64 * KIB);
    const before = disk.freeBytes;
    await expect(bench.write({ target: bench.path('small/x.banger.tar.zst') })).rejects.toMatchObject({
      kind: 'DISK_FULL',
    });
    expect(readdirSync(disk.directory)).toEqual(['ballast']);
    expect(disk.freeBytes).toBe(before);
  });

  it('a bundle is not read, and its files are gone', async () => {
    await bench.write();
    await expect(
      bench.bundles.read({ source: bench.target, into: disk.directory, signal: quiet() }),
    ).rejects.toMatchObject({ kind: 'DISK_FULL' });
    expect(readdirSync(disk.directory)).toEqual([]);
  });
});
