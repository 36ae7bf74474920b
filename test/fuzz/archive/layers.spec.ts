import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ArchiveFault } from '../../../src/image/archive/archive-fault.js';
import { archiveOf } from '../../../src/image/archive/archive-stream.js';
import { LayerMerger } from '../../../src/image/archive/layer-merger.js';
import { Kind } from '../../../src/image/archive/tar-entry.js';
import type { TarEntry } from '../../../src/image/archive/tar-entry.js';
import { TarReader } from '../../../src/image/archive/tar-reader.js';
import { ZstdFrameCutter } from '../../../src/image/archive/zstd-frames.js';
import { makeTar, withChecksum } from '../../support/tar-maker.js';
import type { HandmadeEntry } from '../../support/tar-maker.js';
import { Random } from '../rpc/random.js';

const LIMITS = { maxBytes: 1e9, maxEntries: 5_000, maxFileBytes: 2 ** 40 };
const BLOCK = 512;

let directory: string;
let archives: Buffer[];

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'bgr-fuzz-archive-'));
  const source = join(directory, 'source');
  mkdirSync(join(source, 'deep/er'), { recursive: true });
  for (const name of ['a', 'b', 'deep/c', `deep/er/${'long'.repeat(40)}`])
    writeFileSync(join(source, name), name.repeat(50));
  execFileSync('ln', [join(source, 'a'), join(source, 'deep/hard')]);
  execFileSync('ln', ['-s', '../deep', join(source, 'deep/er/up')]);
  execFileSync('truncate', ['-s', '1M', join(source, 'hole')]);
  writeFileSync(join(source, 'holes'), 'x', { flush: true });
  execFileSync('dd', [
    'if=/dev/zero',
    `of=${join(source, 'holes')}`,
    'bs=1k',
    'count=8',
    'seek=900',
    'status=none',
  ]);
  const pack = (...options: string[]): Buffer =>
    execFileSync('tar', ['-c', '--sparse', '-b1', ...options, '-C', source, '.']);
  archives = [
    pack('--format=gnu'),
    pack('--format=pax'),
    pack('--format=pax', '--sparse-version=0.0'),
    pack('--format=pax', '--sparse-version=0.1'),
    makeTar(layerOf(new Random(7))),
  ];
});
afterAll(() => {
  rmSync(directory, { recursive: true });
});

/** Entries with names of few components, so that they meet; most of them as what they are elsewhere too. */
function layerOf(random: Random): HandmadeEntry[] {
  const leaves: Record<string, string[]> = {
    '0': ['f', 'g', '.wh.a', '.wh.f', '.wh.s', '.wh..wh..opq'],
    '1': ['h', 'f'],
    '2': ['s', 't'],
    '3': ['d'],
    '5': ['a', 'b', 'dev'],
    '6': ['p'],
  };
  const parents = (): string[] =>
    Array.from({ length: random.below(4) }, () => random.pick(['a', 'a', 'b', '.', '', 's', 't', 'dev']));
  const files = [''];
  return Array.from({ length: 1 + random.below(20) }, () => {
    const wanted = random.pick(['0', '0', '0', '1', '2', '3', '5', '5', '5', '6']);
    const type = wanted === '1' && files.length === 1 ? '0' : wanted;
    const leaf =
      random.below(50) === 0 ? random.pick(['a', 'f', 's', '..']) : random.pick(leaves[type] ?? []);
    const name = [...parents(), leaf].join('/');
    const up = random.pick(['/', '../', '../../', '']);
    const linkTarget = type === '2' ? `${up}${[...parents(), 'a'].join('/')}` : (files.at(-1) ?? '');
    if (type === '0' && !name.includes('.wh.')) files.push(name);
    return { name, type, linkTarget, data: type === '0' ? 'd'.repeat(random.below(700)) : '' };
  });
}

function mutate(original: Buffer, random: Random): Buffer {
  let bytes = Buffer.from(original);
  const blocks = bytes.length / BLOCK;
  for (let count = 1 + random.below(3); count > 0; count -= 1) {
    const at = random.below(blocks) * BLOCK;
    const kind = random.below(6);
    if (kind <= 2) {
      const place = at + random.below(BLOCK);
      bytes[place] = random.pick([0, 0x2e, 0x2f, 0x30, 0x37, 0x80, 0xff, random.below(256)]);
      // most of what is changed in a header would be noticed otherwise
      if (bytes.toString('latin1', at + 257, at + 262) === 'ustar')
        withChecksum(bytes.subarray(at, at + BLOCK));
    } else if (kind === 3) {
      bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + BLOCK)]);
    } else if (kind === 4) {
      const from = random.below(blocks) * BLOCK;
      bytes = Buffer.concat([
        bytes.subarray(0, at),
        original.subarray(from, from + BLOCK),
        bytes.subarray(at),
      ]);
    } else bytes = bytes.subarray(0, random.below(bytes.length));
  }
  return bytes;
}

/** Undefined where they are refused; whatever else is thrown fails the test. */
function mergeOf(
  layers: readonly Iterable<Buffer>[],
): { merger: LayerMerger; entries: TarEntry[] } | undefined {
  const merger = new LayerMerger({ limits: LIMITS, devices: 'keep', maxId: undefined });
  const entries: TarEntry[] = [];
  try {
    for (const [index, pieces] of layers.entries()) {
      merger.beginLayer(index);
      const reader = new TarReader((entry) => {
        entries.push(entry);
        merger.add(entry);
      });
      for (const piece of pieces) reader.push(piece);
      reader.end();
    }
  } catch (error) {
    if (error instanceof ArchiveFault) return undefined;
    throw error;
  }
  return { merger, entries };
}

async function writtenOf(merger: LayerMerger, layers: readonly Buffer[]): Promise<Buffer> {
  const read = async (layer: number, offset: number, into: Buffer): Promise<void> => {
    const copied = layers[layer]?.copy(into, 0, offset, offset + into.length);
    expect(copied, 'data outside of its layer').toBe(into.length);
  };
  const { signal } = new AbortController();
  const pieces: Buffer[] = [];
  for await (const piece of archiveOf(merger.tree, { read }, { devices: 'keep', signal })) pieces.push(piece);
  return Buffer.concat(pieces);
}

/** Every name once, below directories that came before, hard links to files that came before, nothing upwards. */
function checkClean(archive: Buffer): number {
  const seen = new Map<string, number>();
  const reader = new TarReader(({ name, kind, linkTarget, mtimeNanoseconds }) => {
    const path = name.toString('latin1').replace(/\/$/, '');
    expect(seen.has(path)).toBe(false);
    expect(mtimeNanoseconds).toBeLessThan(1e9);
    if (seen.size === 0) expect(path).toBe('.');
    else {
      expect(path.split('/').filter((one) => one === '' || one === '.' || one === '..')).toEqual([]);
      expect(path.split('/').length > 1 ? seen.get(path.replace(/\/[^/]*$/s, '')) : Kind.directory).toBe(
        Kind.directory,
      );
      expect(path.startsWith('dev/')).toBe(false);
    }
    if (kind === Kind.hardLink) expect(seen.get(linkTarget.toString('latin1'))).not.toBe(Kind.directory);
    if (kind === Kind.hardLink) expect(seen.has(linkTarget.toString('latin1'))).toBe(true);
    seen.set(path, kind);
  });
  reader.push(archive);
  reader.end();
  return seen.size;
}

it('takes or refuses damaged archives, and writes clean ones (3,000 archives, seed 1)', async () => {
  const random = new Random(1);
  let taken = 0;
  for (let round = 0; round < 3_000; round += 1) {
    const layers = [mutate(random.pick(archives), random)];
    const merged = mergeOf(layers.map((layer) => [layer]));
    if (merged === undefined) continue;
    taken += 1;
    checkClean(await writtenOf(merged.merger, layers));
  }
  expect(taken).toBeGreaterThan(500);
  expect(taken).toBeLessThan(2_500);
});

it('merges any layers into a clean archive (3,000 images, seed 2)', async () => {
  const random = new Random(2);
  let entries = 0;
  for (let round = 0; round < 3_000; round += 1) {
    const layers = Array.from({ length: 1 + random.below(3) }, () => makeTar(layerOf(random)));
    const merged = mergeOf(layers.map((layer) => [layer]));
    if (merged !== undefined) entries += checkClean(await writtenOf(merged.merger, layers));
  }
  expect(entries).toBeGreaterThan(5_000);
});

it('reads the same however the bytes are cut (600 archives, seed 3)', () => {
  const random = new Random(3);
  for (let round = 0; round < 600; round += 1) {
    const archive = round % 2 === 0 ? random.pick(archives) : mutate(random.pick(archives), random);
    const whole = mergeOf([[archive]]);
    const cut = mergeOf([random.cut(archive, random.pick([1, 100, 513, 5_000]))]);
    expect(cut?.entries).toEqual(whole?.entries);
  }
});

it('is unpacked by GNU tar without complaint, and touches nothing beside (60 archives, seed 4)', async () => {
  const random = new Random(4);
  for (let unpacked = 0; unpacked < 60;) {
    const layers = [mutate(random.pick(archives), random), makeTar(layerOf(random))];
    const merged = mergeOf(layers.map((layer) => [layer]));
    if (merged === undefined) continue;
    unpacked += 1;
    const around = mkdtempSync(join(directory, 'around-'));
    mkdirSync(join(around, 'target'));
    const isRoot = process.getuid?.() === 0;
    const { status, stderr } = spawnSync(
      'tar',
      ['-x', ...(isRoot ? ['-p'] : []), '--warning=no-timestamp', '-C', join(around, 'target'), '-f', '-'],
      { input: await writtenOf(merged.merger, layers), env: { PATH: '/usr/bin:/bin', LANG: 'C.UTF-8' } },
    );
    if (isRoot) expect([status, stderr.toString()]).toEqual([0, '']);
    expect(readdirSync(around)).toEqual(['target']);
    rmSync(around, { recursive: true });
  }
});

it('finds the frames of damaged zstd data, or refuses it (20,000 texts, seed 5)', () => {
  const random = new Random(5);
  const data = execFileSync('zstd', ['-qc'], { input: random.bytes(300) });
  for (let round = 0; round < 20_000; round += 1) {
    const damaged = Buffer.concat([data, data]);
    damaged[random.below(damaged.length)] = random.below(256);
    const cutter = new ZstdFrameCutter();
    const pieces: Buffer[] = [];
    try {
      for (const piece of random.cut(damaged, 100)) pieces.push(...cutter.cut(piece));
    } catch (error) {
      expect(error).toBeInstanceOf(ArchiveFault);
      continue;
    }
    expect(Buffer.concat(pieces).equals(damaged)).toBe(true);
  }
});
