import { execFileSync } from 'node:child_process';
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  closeSync,
  writeSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeTar } from '../../../support/tar-maker.js';
import { makeOddTree } from '../../../support/file-tree.js';
import { describeTree, flatten, layerFile, restore } from './support.js';

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'bgr-forms-'));
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

async function throughArchive(tar: Buffer, compression: 'none' | 'gzip' | 'zstd' = 'none'): Promise<string> {
  const target = join(directory, 'restored');
  await using flat = await flatten(
    [layerFile(join(directory, 'layer'), tar, compression)],
    join(directory, 'scratch'),
  );
  await restore(flat, target);
  return target;
}

/** By GNU tar: everything in the directory. */
function pack(source: string, ...options: string[]): Buffer {
  return execFileSync('tar', ['-c', '--numeric-owner', ...options, '-C', source, '.'], {
    maxBuffer: 1e9,
    env: { PATH: '/usr/bin:/bin', LANG: 'C' },
  });
}

function withoutNanoseconds(lines: readonly string[]): string[] {
  return lines.map((line) => line.replace(/(\d{10})\d{9} \|/, '$1 |'));
}

describe('an archive', () => {
  it.each(['gnu', 'pax', 'oldgnu'])('of the %s form comes through with the oddest names', async (format) => {
    const source = join(directory, 'source');
    makeOddTree(source, 450);
    symlinkSync('t'.repeat(300), join(source, 'long-target'));
    mkdirSync(join(source, 'n'.repeat(200), 'm'.repeat(200)), { recursive: true });
    writeFileSync(join(source, 'n'.repeat(200), 'm'.repeat(200), 'deep'), 'deep');
    const target = await throughArchive(pack(source, `--format=${format}`));
    const [found, wanted] = [describeTree(target), describeTree(source)];
    if (format === 'pax') expect(found).toEqual(wanted);
    else expect(withoutNanoseconds(found)).toEqual(withoutNanoseconds(wanted));
    expect(found.length).toBeGreaterThan(450);
  });

  it.each([
    ['oldgnu', ['--format=gnu']],
    ['0.0', ['--format=pax', '--sparse-version=0.0']],
    ['0.1', ['--format=pax', '--sparse-version=0.1']],
    ['1.0', ['--format=pax', '--sparse-version=1.0']],
  ])('with sparse files of the form %s keeps their holes', async (_form, options) => {
    const source = join(directory, 'source');
    mkdirSync(source);
    sparseFile(join(source, 'few'), 3, 2 ** 24);
    sparseFile(join(source, 'many'), 120, 2 ** 17);
    writeFileSync(join(source, 'empty-holes'), '');
    execFileSync('truncate', ['-s', '20M', join(source, 'nothing-but-hole')]);
    // past what octal digits say
    execFileSync('truncate', ['-s', '20G', join(source, 'huge')]);
    writeFileSync(join(source, 'after'), 'what follows is found');
    const target = await throughArchive(pack(source, '--sparse', ...options));
    const [found, wanted] = [target, source].map((root) => describeLarge(root));
    expect(found).toEqual(wanted);
    expect(lstatSync(join(target, 'huge')).size).toBe(20 * 2 ** 30);
    const allocated = execFileSync('du', ['-s', '--block-size=1', target]).toString().split('\t')[0];
    expect(Number(allocated)).toBeLessThan(4 * 2 ** 20);
  });

  it('of several zstd frames, some to be skipped, is read to its end', async () => {
    const tar = makeTar([
      { name: 'first', data: Buffer.alloc(300_000, 'a') },
      { name: 'last', data: 'z' },
    ]);
    const path = join(directory, 'layer');
    const layer = layerFile(path, tar, 'zstd');
    const frame = (from: number, to: number, ...options: string[]): Buffer =>
      execFileSync('zstd', ['-qc', ...options], { input: tar.subarray(from, to) });
    const skipped = Buffer.concat([
      Buffer.from('532a4d1806000000', 'hex'),
      Buffer.from('(\xb5/\xfd!!', 'latin1'),
    ]);
    writeFileSync(
      path,
      Buffer.concat([
        frame(0, 100),
        skipped,
        frame(100, 300_000, '--no-check'),
        frame(0, 0),
        frame(300_000, tar.length, '-19'),
        skipped,
      ]),
    );
    const target = join(directory, 'restored');
    await using flat = await flatten([layer], join(directory, 'scratch'));
    await restore(flat, target);
    expect(readFileSync(join(target, 'last'), 'utf8')).toBe('z');
  });

  it('of SELinux labels and marks of overlay file systems loses these alone', async () => {
    const names = [
      'security.selinux',
      'trusted.overlay.opaque',
      'user.overlay.redirect',
      'user.kept',
      'user.empty',
    ];
    const pax = names.map((name) => [`SCHILY.xattr.${name}`, name === 'user.empty' ? '' : 'v'] as const);
    const target = await throughArchive(makeTar([{ name: 'file', pax }]));
    const [, line] = describeTree(target);
    expect(line?.split(' | ').at(-1)).toBe('[["SCHILY.xattr.user.empty",""],["SCHILY.xattr.user.kept","v"]]');
  });

  it('may have its directories in any order, and files of any size', async () => {
    const sizes = [0, 1, 511, 512, 513, 262_143, 262_144, 262_145, 524_288, 1_500_000];
    const entries = Array.from({ length: 300 }, (_, index) => ({
      name: `${index % 7}/${index}`,
      data: Buffer.alloc(index % 30 === 0 ? (sizes[index / 30] ?? 0) : 700, `content of ${index};`),
    }));
    const target = await throughArchive(makeTar(entries), 'gzip');
    for (const { name, data } of entries)
      expect(readFileSync(join(target, name)).equals(data), name).toBe(true);
  });

  it('has parents that no layer lists, and times that no file system knows', async () => {
    const target = await throughArchive(
      makeTar([
        { name: '/a//./b/file', data: 'x', mtime: 8 ** 11 - 1 },
        { name: 'early', pax: [['mtime', '-99999999999.25']] },
        { name: 'a', type: '2', linkTarget: 'never', pax: [['path', 'a/dangling']] },
        { name: 'a/dangling/made', data: 'm' },
      ]),
    );
    const facts = (name: string): string => {
      const { mode, uid, mtimeMs } = lstatSync(join(target, name));
      return `${mode.toString(8)} ${uid} ${mtimeMs / 1000}`;
    };
    expect(facts('a')).toBe('40755 0 0');
    expect(facts('a/b')).toBe('40755 0 0');
    expect(facts('a/b/file')).toBe('100644 0 8589934591');
    expect(facts('early')).toBe('100644 0 -2147483648');
    expect(readFileSync(join(target, 'a/never/made'), 'utf8')).toBe('m');
  });
});

/** A stretch of data after each hole of that many bytes. */
function sparseFile(path: string, stretches: number, hole: number): void {
  const file = openSync(path, 'w');
  for (let index = 1; index <= stretches; index += 1) writeSync(file, `data ${index}`, index * hole);
  closeSync(file);
}

/** Files too large to be read whole: what the host makes of them. */
function describeLarge(root: string): string[] {
  return ['few', 'many', 'empty-holes', 'nothing-but-hole', 'after'].map((name) => {
    const path = join(root, name);
    const digest = execFileSync('md5sum', [path]).toString().slice(0, 32);
    return `${name} ${lstatSync(path).size} ${digest}`;
  });
}
