import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { formatSparseMap } from '../../../../src/image/archive/sparse-map.js';
import { compressed, tarOf } from './bundle-bench.js';
import type { Entry } from './bundle-bench.js';
import { HostileBundles, KERNEL } from './hostile-bench.js';

let of: HostileBundles;
beforeEach(async () => {
  of = await HostileBundles.open();
});
afterEach(() => {
  of.bench.close();
});

describe('a bundle made by others', () => {
  it('is read when it is as it should be, in any order, with other records, and filled up with zeroes', async () => {
    expect(await of.read(compressed(await tarOf(of.entries)))).toEqual(of.manifest);
    const [first, ...rest] = of.entries;
    expect.assert(first !== undefined);
    const times = { atime: '1.5', mtime: '2.5', comment: 'a = b\nc' };
    const turned = rest
      .toReversed()
      .map(({ header, data = '' }) => ({ header: { ...header, pax: times }, data }));
    expect(
      await of.read(compressed(Buffer.concat([await tarOf([first, ...turned]), Buffer.alloc(9000)]))),
    ).toEqual(of.manifest);
  });

  const cases: [string, (of: HostileBundles) => readonly Entry[], RegExp][] = [
    ['without a manifest', (of) => of.entries.slice(1), /does not begin with a manifest/],
    [
      'whose manifest comes second',
      (of) => [...of.entries.slice(1, 2), ...of.entries.slice(0, 1), ...of.entries.slice(2)],
      /does not begin/,
    ],
    ['with nothing in it', () => [], /does not begin/],
    ['with two manifests', (of) => [...of.entries, ...of.entries.slice(0, 1)], /"manifest.json" too many/],
    [
      'whose manifest is not JSON',
      (of) => of.replaced(0, { header: { name: 'manifest.json' }, data: 'root:x:0' }),
      /is not JSON/,
    ],
    [
      'whose manifest is a list',
      (of) => of.replaced(0, { header: { name: 'manifest.json' }, data: '[]' }),
      /is not an object/,
    ],
    [
      'whose manifest is too long',
      (of) => of.withManifest({ more: 'x'.repeat(2_100_000) }),
      /manifest is too long/,
    ],
    [
      'whose manifest is deep',
      (of) =>
        of.replaced(0, { header: { name: 'manifest.json' }, data: `${'['.repeat(9000)}${']'.repeat(9000)}` }),
      /nested too deeply/,
    ],
    [
      'of a later format',
      (of) => of.withManifest({ version: 2, writtenBy: '0.7.0' }),
      /format 2.*update banger to 0\.7\.0/,
    ],
    ['without a version', (of) => of.withManifest({ version: '1' }), /"version"/],
    ['with a name that is a path', (of) => of.withImage({ name: '../x' }), /"name"/],
    [
      'with a boot argument that is two',
      (of) => of.withImage({ bootArguments: ['quiet init=/bin/sh'] }),
      /boot argument/,
    ],
    [
      'with a kernel version of two lines',
      (of) => of.withImage({ kernelVersion: '6\n1' }),
      /"kernelVersion"/,
    ],
    ['whose disk is not its root', (of) => of.withImage({ diskBytes: 5 }), /"diskBytes"/],
    ['whose manifest names a path', (of) => of.withFile(0, { name: '../../etc/passwd' }), /"name"/],
    [
      'whose manifest names a file that no image has',
      (of) => of.withFile(1, { name: 'manifest.json' }),
      /which no image has/,
    ],
    ['whose manifest names a file twice', (of) => of.withFile(1, { name: 'vmlinux' }), /names a file twice/],
    [
      'whose manifest names no kernel',
      (of) => of.withManifest({ files: of.manifest.files.slice(1) }),
      /names no vmlinux/,
    ],
    [
      'whose manifest names too many files',
      (of) => of.withManifest({ files: [...of.manifest.files, ...of.manifest.files] }),
      /no list of at most 4/,
    ],
    ['with a size below nothing', (of) => of.withFile(0, { sizeBytes: -1 }), /"sizeBytes"/],
    ['with a size that is broken', (of) => of.withFile(0, { sizeBytes: 1.5 }), /"sizeBytes"/],
    ['with a digest that is none', (of) => of.withFile(0, { digest: 'x' }), /"digest"/],
    [
      'with another digest',
      (of) => of.withFile(0, { digest: 'a'.repeat(64) }),
      /vmlinux is not what its manifest says/,
    ],
    [
      'with another digest of a sparse file',
      (of) => of.withFile(2, { digest: 'a'.repeat(64) }),
      /root.ext4 is not what/,
    ],
    ['with another size', (of) => of.withFile(0, { sizeBytes: 2999 }), /vmlinux is not of the size/],
    [
      'with one file too many',
      (of) => [...of.entries, { header: { name: 'evil' }, data: 'x' }],
      /"evil" too many/,
    ],
    ['with a path upwards', (of) => [...of.entries, { header: { name: '../evil' }, data: 'x' }], /too many/],
    [
      'with an absolute path',
      (of) => [...of.entries, { header: { name: '/tmp/evil' }, data: 'x' }],
      /too many/,
    ],
    [
      'with a long path',
      (of) => [...of.entries, { header: { name: `${'d/'.repeat(300)}evil` }, data: 'x' }],
      /too many/,
    ],
    ['with a file twice', (of) => [...of.entries, ...of.entries.slice(2, 3)], /"initrd" too many/],
    ['without one of its files', (of) => of.entries.toSpliced(KERNEL, 1), /lacks vmlinux/],
    [
      'with a symbolic link',
      (of) => of.replaced(KERNEL, { header: { name: 'vmlinux', type: 'symlink', linkname: '/etc/passwd' } }),
      /not a plain file/,
    ],
    [
      'with a hard link',
      (of) => of.replaced(KERNEL, { header: { name: 'vmlinux', type: 'link', linkname: '/etc/passwd' } }),
      /not a plain file/,
    ],
    [
      'with a directory',
      (of) => [...of.entries, { header: { name: 'd', type: 'directory' } }],
      /not a plain file/,
    ],
    [
      'with a device',
      (of) => [...of.entries, { header: { name: 'd', type: 'block-device', devmajor: 8, devminor: 0 } }],
      /not a plain file/,
    ],
    [
      'with a long extended header',
      (of) => of.replaced(KERNEL, { header: { name: 'vmlinux', pax: { a: 'x'.repeat(9000) } }, data: 'x' }),
      /extended header that is too long/,
    ],
    [
      'with a sparse file of another form',
      (of) => of.sparseRoot(formatSparseMap([]), 0, { 'GNU.sparse.minor': '1' }),
      /not of form 1\.0/,
    ],
    [
      'with a sparse file without a size',
      (of) => of.sparseRoot(formatSparseMap([]), 0, { 'GNU.sparse.realsize': 'big' }),
      /size that is none/,
    ],
    [
      'with a sparse file of another size',
      (of) => of.sparseRoot(formatSparseMap([]), 0, { 'GNU.sparse.realsize': '200001' }),
      /root.ext4 is not of the size/,
    ],
    [
      'with stretches that overlap',
      (of) =>
        of.sparseRoot(
          formatSparseMap([
            { offset: 0, length: 9 },
            { offset: 4, length: 9 },
          ]),
          18,
        ),
      /overlap/,
    ],
    [
      'with a stretch outside',
      (of) => of.sparseRoot(formatSparseMap([{ offset: 199_999, length: 9 }]), 9),
      /outside of the file/,
    ],
    [
      'with more stretches than are counted',
      (of) => of.sparseRoot('70000\n'.padEnd(512, '\0'), 0),
      /70000 stretches/,
    ],
    ['with a map that is none', (of) => of.sparseRoot('-1\n'.padEnd(512, '\0'), 0), /no number/],
    ['with a map without an end', (of) => of.sparseRoot('60000\n'.padEnd(1024, '0\n'), 0), /without an end/],
    [
      'with fewer data than its map says',
      (of) => of.sparseRoot(formatSparseMap([{ offset: 0, length: 9000 }]), 10),
      /more or fewer data/,
    ],
    [
      'with more data than its map says',
      (of) => of.sparseRoot(formatSparseMap([{ offset: 0, length: 9 }]), 9000),
      /more or fewer data/,
    ],
  ];
  it.each(cases)('%s is refused, and nothing of it is left', async (_, make, reason) => {
    expect(await of.refusal(compressed(await tarOf(make(of))))).toMatch(reason);
  });
});
