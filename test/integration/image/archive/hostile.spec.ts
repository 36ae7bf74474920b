import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isKind } from '../../../../src/core/errors/index.js';
import type { FlattenFacts } from '../../../../src/image/archive/flatten-layers.js';
import type { LayerFile } from '../../../../src/image/archive/layer-files.adapter.js';
import { makeTar, tarEntry, tarHeader, withChecksum } from '../../../support/tar-maker.js';
import type { HandmadeEntry } from '../../../support/tar-maker.js';
import { describeTree, flatten, layerFile, LIMITS, restore, sha256 } from './support.js';

let directory: string;
let before: string[];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'bgr-hostile-'));
  mkdirSync(join(directory, 'around/scratch'), { recursive: true });
  writeFileSync(join(directory, 'around/precious'), 'precious');
  mkdirSync(join(directory, 'layers'));
  before = describeAround();
});
afterEach(() => {
  const after = describeAround();
  rmSync(directory, { recursive: true });
  expect(after).toEqual(before);
});

/** The scratch directory, and what lies beside it: times of directories too, which every name made there changes. */
function describeAround(): string[] {
  return describeTree(join(directory, 'around')).filter((line) => !line.startsWith('./scratch |'));
}

const layer = (name: string, tar: Buffer, compression: LayerFile['compression'] = 'none'): LayerFile =>
  layerFile(join(directory, 'layers', name), tar, compression);

/** What refuses it, and what it said. */
async function refusal(
  layers: readonly LayerFile[],
  facts: Partial<FlattenFacts> = {},
): Promise<{ image: string; part: string; reason: string }> {
  const scratch = join(directory, 'around/scratch');
  const outcome = await flatten(layers, scratch, facts).then(
    async (flat) => flat[Symbol.asyncDispose](),
    (error: unknown) => error,
  );
  expect(readdirSync(scratch)).toEqual([]);
  if (!isKind(outcome, 'IMAGE_CONTENT_REFUSED')) throw new Error('it was taken', { cause: outcome });
  return outcome.details;
}

const FILE: HandmadeEntry = { name: 'file', data: 'x' };
const DIRECTORY: HandmadeEntry = { name: 'directory/', type: '5', mode: 0o755 };
const symlink = (name: string, linkTarget: string): HandmadeEntry => ({ name, type: '2', linkTarget });
const link = (name: string, linkTarget: string): HandmadeEntry => ({ name, type: '1', linkTarget });
const pax = (...records: [string, string | Buffer][]): HandmadeEntry => ({ name: 'named', pax: records });
const sparse = (map: string, realsize = '1000'): HandmadeEntry => ({
  name: 'sparse',
  data: Buffer.from(map.padEnd(512, '\0')),
  pax: [
    ['GNU.sparse.major', '1'],
    ['GNU.sparse.minor', '0'],
    ['GNU.sparse.realsize', realsize],
  ],
});

const REFUSED: [what: string, entries: HandmadeEntry[], part: string, reason: string | RegExp][] = [
  ['a name that goes up', [{ ...FILE, name: '../up' }], '../up', 'has “..” in its name'],
  ['one that goes up within', [{ ...FILE, name: 'a/../../up' }], 'a/../../up', 'has “..” in its name'],
  ['one that would stay below', [{ ...FILE, name: 'a/../b' }], 'a/../b', 'has “..” in its name'],
  ['one that ends up', [{ ...FILE, name: 'a/..' }], 'a/..', 'has “..” in its name'],
  ['a name in a pax header that goes up', [pax(['path', '/a/../up'])], '/a/../up', 'has “..” in its name'],
  ['no name', [{ ...FILE, name: '' }], '', 'has no name'],
  ['a NUL in a name', [pax(['path', 'a\0b'])], '', 'has a name with a NUL in it'],
  ['a long component', [pax(['path', 'n'.repeat(256)])], `${'n'.repeat(200)}…`, /component of 256 bytes/],
  ['a long path', [pax(['path', 'n/'.repeat(2048)])], `${'n/'.repeat(100)}…`, /name of 4096 bytes/],
  ['the root as a file', [{ ...FILE, name: './' }], './', 'would take the place of the root directory'],
  ['the root as a link', [symlink('/', 'etc')], '/', 'would take the place of the root directory'],
  [
    'a name below a file',
    [FILE, { ...FILE, name: 'file/below' }],
    'file/below',
    /below file, which is no dir/,
  ],
  ['a link to itself on the way', [symlink('l', 'l'), { ...FILE, name: 'l/x' }], 'l/x', /in circles/],
  [
    'links to each other',
    [symlink('a', 'b'), symlink('b', '/a'), { ...FILE, name: 'a/x' }],
    'a/x',
    /circles/,
  ],
  ['links that grow', [symlink('a', `a/${'b/'.repeat(45)}`), { ...FILE, name: 'a/x' }], 'a/x', /circles/],
  ['a hard link to a directory', [DIRECTORY, link('l', 'directory')], 'l', 'is a hard link to a directory'],
  ['a hard link to the root', [link('l', '/')], 'l', 'is a hard link to a directory'],
  ['a hard link to nothing', [link('l', 'nothing')], 'l', 'is a hard link to what is not there'],
  ['a hard link that goes up', [link('l', '../../etc/shadow')], 'l', 'has “..” in its name'],
  ['a hard link before its target', [link('l', 'file'), FILE], 'l', 'is a hard link to what is not there'],
  ['a hard link to itself', [FILE, link('file', 'file')], 'file', 'is a hard link to itself'],
  ['a symbolic link to nothing', [symlink('l', '')], 'l', 'is a symbolic link to nothing'],
  ['a long target', [{ ...symlink('l', ''), pax: [['linkpath', 't'.repeat(4096)]] }], 'l', /4096 bytes/],
  ['a NUL in a target', [{ ...symlink('l', ''), pax: [['linkpath', 'a\0b']] }], 'l', /NUL/],
  ['a whiteout of nothing', [{ ...FILE, name: 'a/.wh.' }], 'a/.wh.', 'is a whiteout of nothing'],
  ['a whiteout of the parent', [{ ...FILE, name: 'a/.wh...' }], 'a/.wh...', 'is a whiteout of nothing'],
  ['a name below a whiteout', [{ ...FILE, name: '.wh.a/b' }], '.wh.a/b', 'lies below a whiteout'],
  ['an unknown type', [{ ...FILE, type: 'Z' }], 'file', 'is of a type that is not known'],
  ['a device that Linux has not', [{ name: 'd', type: '3', major: 4096 }], 'd', /number 4096:0/],
  ['an id that Linux has not', [pax(['uid', '4294967295'])], 'named', /user 4294967295, which Linux/],
  ['a negative size', [{ ...pax(), pax: [['size', '-1']] }], 'named', /number that is none/],
  ['a size past counting', [pax(['size', '99999999999999999'])], 'named', /too large/],
  [
    'a sparse file too large',
    [sparse('1\n0\n0\n', '1000000000000')],
    'sparse',
    /1000000000000 bytes, of the/,
  ],
  ['stretches that overlap', [sparse('2\n0\n10\n5\n10\n')], 'sparse', /overlap/],
  ['a map that says more', [sparse('1\n0\n10\n')], 'sparse', /more or less than its map says/],
  ['a map without an end', [sparse('100\n0\n0\n')], 'sparse', /number that is too long/],
  [
    'a map longer than its file',
    [sparse(`200\n${'1\n0\n'.repeat(128)}`.slice(0, 512), '9')],
    'sparse',
    /map does not end/,
  ],
  ['too many stretches', [sparse('99999999\n')], 'sparse', /99999999 stretches/],
  ['a malformed pax header', [{ name: 'x', type: 'x', data: '99 a=b\n' }], '', /malformed extended header/],
  ['a pax header past the bound', [{ name: 'big', type: 'x', size: 2 ** 21 }], 'big', /2097152 bytes/],
  ['a long name past the bound', [{ name: 'big', type: 'L', size: 9000 }], 'big', /9000 bytes/],
  ['an attribute too large', [pax(['SCHILY.xattr.user.a', 'v'.repeat(65_537)])], '', /65537 bytes/],
  ['an attribute without a name', [pax(['SCHILY.xattr.', 'v'])], '', /whose name is none/],
  ['a time that is none', [pax(['mtime', 'now'])], 'named', /time that is none/],
];

describe('a hostile layer', () => {
  it.each(REFUSED)('with %s is refused', async (_what, entries, part, reason) => {
    const limits = { ...LIMITS, maxFileBytes: 1e9 };
    const details = await refusal([layer('l', makeTar(entries))], { limits });
    expect(details.image).toBe('debian');
    expect(details.part).toEqual(
      part === '' && details.part !== '' ? expect.stringContaining('layer 1') : part,
    );
    expect(details.reason).toMatch(reason);
  });

  it('cannot write a message of its own, or turn its direction', async () => {
    const name = 'x\u001b[2Jy\n\u202ez/../..';
    const { part } = await refusal([layer('l', makeTar([{ ...FILE, name }]))]);
    expect(part).toBe('x?[2Jy??z/../..');
  });

  it.each(['gzip', 'zstd'] as const)('that is a %s bomb is given up at the limit', async (compression) => {
    const head = tarHeader({ name: 'zeroes', size: 4e9 });
    const compress = compression === 'gzip' ? gzipSync : zstdCompressSync;
    const piece = compress(Buffer.alloc(64 * 1024 * 1024));
    // four GB of zeroes
    const bomb = Buffer.concat([compress(head), ...Array.from({ length: 64 }, () => piece)]);
    const path = join(directory, 'layers/bomb');
    writeFileSync(path, bomb);
    let seen = 0;
    const details = await refusal([{ path, compression, diffId: 'sha256:0' }], {
      limits: { ...LIMITS, maxBytes: 50e6 },
      onProgress: ({ bytes }) => void (seen = bytes),
    });
    expect(details.reason).toBe('brings the image to more than 50000000 bytes');
    expect(seen).toBeLessThanOrEqual(50e6);
    expect(seen).toBeGreaterThan(49e6);
  });

  it('counts entries of all layers, and directories that none lists', async () => {
    const layers = [layer('a', makeTar([FILE, { ...FILE, name: 'a/b/c' }])), layer('b', makeTar([FILE]))];
    const limits = (maxEntries: number): Partial<FlattenFacts> => ({ limits: { ...LIMITS, maxEntries } });
    expect((await refusal(layers, limits(2))).reason).toBe('is one more than the 2 entries allowed');
    expect((await refusal(layers, limits(4))).part).toBe('a/b/c');
    const flat = await flatten(layers, join(directory, 'around/scratch'), limits(6));
    await flat[Symbol.asyncDispose]();
    expect(flat.entries).toBe(5);
  });

  it('brings no more names than memory is given to', async () => {
    const entries = Array.from({ length: 40_000 }, (_, index) => symlinkTo(index));
    expect((await refusal([layer('l', Buffer.concat(entries))])).reason).toMatch(/can be kept in memory/);
  });

  it('is refused when it is another than its diffId says, damaged or cut off', async () => {
    const tar = makeTar([{ ...FILE, data: 'x'.repeat(100_000) }]);
    const good = layer('good', tar, 'gzip');
    expect((await refusal([{ ...good, diffId: `sha256:${'0'.repeat(64)}` }])).reason).toBe(
      `has the digest sha256:${sha256(tar)} when uncompressed`,
    );
    const gzip = gzipSync(tar);
    const cut = { ...good, path: join(directory, 'layers/cut') };
    writeFileSync(cut.path, gzip.subarray(0, -20));
    expect((await refusal([cut])).reason).toMatch(/is cut off/);
    writeFileSync(cut.path, Buffer.concat([gzip.subarray(0, 30), Buffer.alloc(40, 255), gzip.subarray(70)]));
    expect((await refusal([cut])).reason).toMatch(/is not well compressed/);
    writeFileSync(cut.path, 'no zstd at all');
    expect((await refusal([{ ...cut, compression: 'zstd' }])).reason).toBe('is no well-formed zstd data');
    expect((await refusal([layer('half', tar.subarray(0, 50_000))])).reason).toBe('is cut off');
    const broken = Buffer.from(tar);
    broken[0] = 0x79;
    expect((await refusal([layer('broken', broken)])).reason).toMatch(/checksum of a header does not match/);
    const after = Buffer.concat([tarEntry(FILE), Buffer.alloc(512), tarEntry(FILE)]);
    expect((await refusal([layer('after', after)])).reason).toBe('goes on after its end');
  });

  it('has devices kept, dropped or refused, and nothing below /dev in any case', async () => {
    const device: HandmadeEntry = { name: 'opt/disk', type: '4', major: 8, minor: 1 };
    const inDev = [
      { ...device, name: 'dev/disk' },
      { ...FILE, name: 'dev/file' },
      link('opt/file', 'dev/file'),
    ];
    const layers = [layer('l', makeTar([device, ...inDev]))];
    expect(await refusal(layers, { devices: 'refuse' })).toMatchObject({
      part: 'opt/disk',
      reason: 'is a device',
    });
    for (const [devices, expected] of [
      ['keep', ['.', './dev', './opt', './opt/disk', './opt/file']],
      ['drop', ['.', './dev', './opt', './opt/file']],
    ] as const) {
      const flat = await flatten(layers, join(directory, 'around/scratch'), { devices });
      await restore(flat, join(directory, devices));
      await flat[Symbol.asyncDispose]();
      const names = describeTree(join(directory, devices)).map((line) => line.split(' | ')[0]);
      expect(names).toEqual(expected);
    }
    const flat = await flatten([layer('d', makeTar(inDev))], join(directory, 'around/scratch'), {
      devices: 'refuse',
    });
    await flat[Symbol.asyncDispose]();
    expect(flat.entries).toBe(4);
  });

  it('is refused for an id that a user without root cannot give files to', async () => {
    const layers = [layer('l', makeTar([{ ...FILE, gid: 65_536 }]))];
    expect((await refusal(layers, { maxId: 65_535 })).reason).toBe(
      'belongs to the group 65536: without root, banger can give files to the ids 0 to 65535 alone',
    );
    const flat = await flatten(layers, join(directory, 'around/scratch'), { maxId: 65_536 });
    await flat[Symbol.asyncDispose]();
  });

  it('is left alone as soon as its caller gives up', async () => {
    const scratch = join(directory, 'around/scratch');
    const abort = new AbortController();
    const tar = makeTar([{ ...FILE, data: Buffer.alloc(5_000_000) }]);
    const onProgress = (): void => abort.abort();
    const given = flatten([layer('l', tar, 'gzip')], scratch, { signal: abort.signal, onProgress });
    await expect(given).rejects.toMatchObject({ kind: 'CANCELLED' });
    expect(readdirSync(scratch)).toEqual([]);
  });

  it('that changes or is given up while it is written says so', async () => {
    const scratch = join(directory, 'around/scratch');
    const abort = new AbortController();
    const plain = layer('l', makeTar([{ ...FILE, data: Buffer.alloc(5_000_000) }]));
    await using flat = await flatten([plain], scratch, { signal: abort.signal });
    writeFileSync(plain.path, '');
    await expect(flat.archive().next()).rejects.toMatchObject({ kind: 'IMAGE_CONTENT_REFUSED' });
    abort.abort();
    await expect(flat.archive().next()).rejects.toMatchObject({ kind: 'CANCELLED' });
  });
});

/** 4000 bytes of target: forty thousand of them are more than the bound. */
function symlinkTo(index: number): Buffer {
  const target = `${index}`.padEnd(4000, 't');
  return Buffer.concat([
    tarHeader({ name: 'long', type: 'K', data: target }),
    Buffer.from(target.padEnd(4096, '\0')),
    withChecksum(tarHeader({ name: `l${index}`, type: '2' })),
  ]);
}
