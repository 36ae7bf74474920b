import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { isKind } from '../../../src/core/errors/index.js';
import { sparseDigest } from '../../../src/host/index.js';
import { ZstdFrame } from '../../../src/image/archive/zstd-frame.js';
import type { BundleManifest } from '../../../src/image/catalog/bundle-manifest.js';
import { BundleBench } from '../../integration/image/catalog/bundle-bench.js';
import { Random } from '../rpc/random.js';

let bench: BundleBench;
let manifest: BundleManifest;
let bundle: Buffer;
let archive: Buffer;
beforeAll(async () => {
  bench = new BundleBench();
  bench.makeTinyImage();
  manifest = await bench.write();
  bundle = readFileSync(bench.target);
  archive = zstdDecompressSync(bundle);
});
afterAll(() => {
  bench.close();
});

/** Changes it where it matters most: in the headers, the manifest and the maps, that is in whatever is not random. */
function damage(random: Random, bytes: Buffer, places: readonly number[]): Buffer {
  const copy = Buffer.from(bytes);
  for (let changes = 1 + random.below(3); changes > 0; changes -= 1) {
    const at = random.below(4) === 0 ? random.below(copy.length) : random.pick(places);
    copy[at] = random.pick([
      random.below(256),
      0x30 + random.below(10),
      0,
      0xff,
      (copy[at] ?? 0) ^ (1 << random.below(8)),
    ]);
  }
  switch (random.below(8)) {
    case 0:
      return copy.subarray(0, random.below(copy.length));
    case 1: {
      const at = 512 * random.below(Math.floor(copy.length / 512));
      return Buffer.concat([copy.subarray(0, at), copy.subarray(at + 512 * random.below(4))]);
    }
    default:
      return copy;
  }
}

/** What came of it; a directory that is not empty after a refusal fails the test. */
async function outcome(bytes: Buffer, random: Random): Promise<'read' | 'refused'> {
  const into = bench.path('into');
  mkdirSync(into);
  const around = readdirSync(bench.directory);
  const source = { stream: Readable.from([...random.cut(bytes, 20_000)]), name: 'fuzz' };
  const limits = { fileBytes: 1024 ** 2, dataBytes: 100_000 };
  try {
    const read = await bench.bundles.read({ source, into, limits, signal: new AbortController().signal });
    for (const { name, digest } of read.files)
      expect(await sparseDigest(join(into, name), bench.runner)).toBe(digest);
    expect(readdirSync(into).toSorted()).toEqual(read.files.map(({ name }) => name).toSorted());
    return 'read';
  } catch (error) {
    if (!isKind(error, 'IMAGE_BUNDLE_INVALID')) throw error;
    expect(readdirSync(into)).toEqual([]);
    return 'refused';
  } finally {
    expect(readdirSync(bench.directory)).toEqual(around);
    rmSync(into, { recursive: true });
  }
}

it('an archive that was changed is refused without a trace, or what comes of it is what its manifest says (400 archives, seed 1)', async () => {
  const random = new Random(1);
  // all but the data: headers, manifest, extended headers, maps
  const places: number[] = [];
  for (let block = 0; block < archive.length; block += 512) {
    const text = archive.toString('latin1', block, block + 512);
    if (/ustar|GNU\.sparse|"version"|^[0-9\n]+\0/.test(text) || block < 4096)
      for (let at = block; at < block + 512; at += 1) if (archive[at] !== 0) places.push(at);
  }
  const count = { read: 0, refused: 0 };
  for (let round = 0; round < 400; round += 1)
    count[await outcome(zstdCompressSync(damage(random, archive, places)), random)] += 1;
  // changes of a time or an owner mean nothing; most others do
  expect(count.refused).toBeGreaterThan(240);
  expect(count.read).toBeGreaterThan(4);
}, 240_000);

it('a bundle that was changed is refused without a trace (150 bundles, seed 2)', async () => {
  const random = new Random(2);
  const places = Array.from({ length: 64 }, (_, at) => at);
  expect(await outcome(bundle, random)).toBe('read');
  let refused = 0;
  for (let round = 0; round < 150; round += 1)
    refused += Number((await outcome(damage(random, bundle, places), random)) === 'refused');
  // a change that changes nothing is one of them now and then
  expect(refused).toBeGreaterThan(130);
}, 240_000);

it('a frame ends where it ends, however it is cut (800 frames, seed 3)', () => {
  const random = new Random(3);
  for (let round = 0; round < 800; round += 1) {
    const content = Buffer.concat([random.bytes(random.below(300)), Buffer.alloc(random.below(300_000))]);
    const frame = zstdCompressSync(content);
    const behind = random.bytes(random.below(30));
    const walk = new ZstdFrame();
    let taken = 0;
    for (const piece of random.cut(Buffer.concat([frame, behind]), 40)) taken += walk.take(piece);
    expect(taken).toBe(frame.length);
    expect(walk.isWhole).toBe(true);
    const cut = new ZstdFrame();
    cut.take(frame.subarray(0, random.below(frame.length)));
    expect(cut.isWhole).toBe(false);
  }
});

it('the manifest of what was written is the one of the files', async () => {
  expect(manifest).toEqual(await bench.manifest());
});
