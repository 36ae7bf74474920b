import { describe, expect, it } from 'vitest';
import { LayerMerger } from './layer-merger.js';
import { isDevice, Kind } from './tar-entry.js';
import type { TarEntry } from './tar-entry.js';
import { listTree } from './tree-listing.js';

const LIMITS = { maxBytes: 1e9, maxEntries: 60_000, maxFileBytes: 1e9 };
const EMPTY = Buffer.alloc(0);

function entry(name: string, more: Partial<TarEntry> = {}): TarEntry {
  return {
    name: Buffer.from(name),
    kind: name.endsWith('/') ? Kind.directory : Kind.file,
    mode: 0o644,
    uid: 0,
    gid: 0,
    mtimeSeconds: 1,
    mtimeNanoseconds: 0,
    bytes: 0,
    dataOffset: 0,
    storedBytes: 0,
    linkTarget: EMPTY,
    xattrs: new Map(),
    major: 0,
    minor: 0,
    stretches: undefined,
    ...more,
  };
}

const symlink = (name: string, target: string): TarEntry =>
  entry(name, { kind: Kind.symbolicLink, linkTarget: Buffer.from(target) });
const link = (name: string, target: string): TarEntry =>
  entry(name, { kind: Kind.hardLink, linkTarget: Buffer.from(target) });
/** files and whiteouts of these names */
const files = (...names: string[]): TarEntry[] => names.map((name) => entry(name));

function mergerOf(layers: readonly TarEntry[][]): LayerMerger {
  const merger = new LayerMerger({ limits: LIMITS, devices: 'keep', maxId: undefined });
  for (const [index, entries] of layers.entries()) {
    merger.beginLayer(index);
    for (const one of entries) merger.add(one);
  }
  return merger;
}

/** `path`, `path -> target`, `path = first name`, each with the layer it is of where it is a file */
function merge(...layers: TarEntry[][]): string[] {
  const { tree } = mergerOf(layers);
  const lines: string[] = [];
  for (const { path, inode, firstPath } of listTree(tree, 'keep')) {
    const { kind, linkTarget, layer } = tree.inodes.get(inode);
    if (kind === Kind.directory) lines.push(`${path.toString()}/`);
    else if (firstPath !== undefined) lines.push(`${path.toString()} = ${firstPath.toString()}`);
    else if (kind === Kind.symbolicLink) lines.push(`${path.toString()} -> ${linkTarget.toString()}`);
    else lines.push(`${path.toString()} ${isDevice(kind) ? 'device' : layer}`);
  }
  return lines.slice(1);
}

describe('whiteouts', () => {
  it('hide what lower layers have, with all below it', () => {
    expect(merge(files('a/b/c', 'a/d', 'e'), files('a/.wh.b', '.wh.e', '.wh.never'))).toEqual([
      'a/',
      'a/d 0',
    ]);
  });

  it('hide nothing of their own layer, wherever they stand in it', () => {
    const own = files('a/new');
    const hides = files('.wh.a');
    expect(merge(files('a/old'), [...own, ...hides])).toEqual(['a/', 'a/new 1']);
    expect(merge(files('a/old'), [...hides, ...own])).toEqual(['a/', 'a/new 1']);
    expect(merge(files('f'), files('f', '.wh.f'))).toEqual(['f 1']);
    expect(merge([], files('f', '.wh.f'))).toEqual(['f 1']);
  });

  it('that are opaque hide the lower content of a directory, and keep the directory', () => {
    const lower = files('a/b/old', 'a/old', 'a/b/c/old');
    const own = files('a/b/new', 'a/new');
    const opaque = files('a/.wh..wh..opq');
    const wanted = ['a/', 'a/b/', 'a/b/new 1', 'a/new 1'];
    expect(merge(lower, [...own, ...opaque]).toSorted()).toEqual(wanted);
    expect(merge(lower, [...opaque, ...own]).toSorted()).toEqual(wanted);
    expect(merge(lower, opaque, files('a/old'))).toEqual(['a/', 'a/old 2']);
    expect(merge(lower, [...own, ...opaque], files('a/b/c/newest')).toSorted()).toEqual([
      'a/',
      'a/b/',
      'a/b/c/',
      'a/b/c/newest 2',
      'a/b/new 1',
      'a/new 1',
    ]);
  });

  it('of the whole root leave what comes after', () => {
    expect(merge(files('a/b', 'c'), files('.wh..wh..opq', 'd'), files('e'))).toEqual(['d 1', 'e 2']);
  });

  it('are looked for where links lead, and make no directories', () => {
    const lower = [...files('usr/lib/x'), symlink('lib', 'usr/lib')];
    expect(merge(lower, files('lib/.wh.x', 'no/where/.wh.y'))).toEqual([
      'usr/',
      'usr/lib/',
      'lib -> usr/lib',
    ]);
  });

  it('of aufs for itself are left out', () => {
    expect(merge(files('plnk'), files('.wh..wh.plnk', '.wh..wh.aufs'))).toEqual(['plnk 0']);
  });
});

describe('a name that comes again', () => {
  it('replaces a file by a directory, and a directory by a file, with all below it', () => {
    expect(merge(files('a'), files('a/').concat(files('a/b')), files('a'))).toEqual(['a 2']);
    expect(merge(files('a/b'), files('a'), files('a/'))).toEqual(['a/']);
  });

  it('leaves a directory its content', () => {
    expect(merge(files('a/b'), files('a/'))).toEqual(['a/', 'a/b 0']);
  });

  it('replaces a link to a directory, not the directory', () => {
    expect(merge([entry('d/'), ...files('d/f'), symlink('l', 'd')], [entry('l/')])).toEqual([
      'd/',
      'd/f 0',
      'l/',
    ]);
  });
});

describe('links on the way', () => {
  it.each([
    ['relative ones', 'b/l', '../c', 'c/f'],
    ['absolute ones', 'b/l', '/c/d', 'c/d/f'],
    ['those that leave the root', 'b/l', '../../../../c', 'c/f'],
    ['dangling ones', 'b/l', 'e/./g', 'b/e/g/f'],
  ])('are followed within the root: %s', (_what, name, target, expected) => {
    expect(merge([symlink(name, target), ...files(`${name}/f`)])).toContain(`${expected} 0`);
  });

  it('cost no more than a bound, however many there are', () => {
    const up = '../'.repeat(90);
    const links = Array.from({ length: 39 }, (_, index) => symlink(`l${index}`, `${up}l${index + 1}`));
    const merger = mergerOf([[...links, entry('l39/')]]);
    expect(() => {
      for (let index = 0; index < 2_000; index += 1) merger.add(entry(`l0/${index}`));
    }).toThrow(/takes too long/);
    const far = [
      symlink('l0', `${'../'.repeat(1300)}l1`),
      symlink('l1', '../'.repeat(1300)),
      symlink('l2', `${'../'.repeat(1300)}l0`),
    ];
    expect(() =>
      merge([...far, ...files('l2/a', 'l0/b'), symlink('l3', `${'../'.repeat(1300)}l2`), ...files('l3/c')]),
    ).toThrow(/too far/);
  });
});

describe('a hard link', () => {
  it('is another name of what its target is in the layers so far', () => {
    expect(merge(files('f'), [link('g', 'f'), link('h', './g')])).toEqual(['f 0', 'g = f', 'h = f']);
    expect(merge(files('f'), files('f').concat(link('g', '/f')))).toEqual(['f 1', 'g = f']);
  });

  it('keeps the content when its target is changed or hidden', () => {
    expect(merge([...files('f'), link('g', 'f')], files('f'))).toEqual(['g 0', 'f 1']);
    expect(merge([...files('f'), link('g', 'f'), link('h', 'f')], files('.wh.f'))).toEqual(['g 0', 'h = g']);
  });

  it('may be one of a symbolic link, which is not followed', () => {
    expect(merge([...files('f'), symlink('s', 'f'), link('g', 's')])).toEqual(['f 0', 's -> f', 'g = s']);
  });

  it('of something in /dev brings it along', () => {
    expect(merge([...files('dev/f'), link('g', 'dev/f')])).toEqual(['dev/', 'g 0']);
  });
});

it('hides fifty thousand names as fast as one, again and again', () => {
  const many = Array.from({ length: 50_000 }, (_, index) => entry(`d/${index}`));
  const merger = mergerOf([many]);
  const started = performance.now();
  for (let layer = 1; layer < 200; layer += 1) {
    merger.beginLayer(layer);
    for (let again = 0; again < 40; again += 1) merger.add(entry('d/.wh..wh..opq'));
  }
  expect(performance.now() - started).toBeLessThan(2_000);
  expect([...listTree(merger.tree, 'keep')].length).toBe(2);
});
