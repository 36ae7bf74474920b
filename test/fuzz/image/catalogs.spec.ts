import { expect, it } from 'vitest';
import { formatManifest, parseManifest } from '../../../src/image/catalog/bundle-manifest.js';
import {
  formatCatalog,
  parseCatalog,
  parseCatalogPlace,
  webAddress,
} from '../../../src/image/catalog/catalog.js';
import { DocumentProblem } from '../../../src/image/catalog/json-checks.js';
import { Random } from '../rpc/random.js';

const HEX = 'ab'.repeat(32);
const CATALOG = JSON.stringify({
  version: 1,
  serial: 3,
  images: ['one', 'two'].map((name) => ({
    name,
    description: 'An image',
    distribution: 'Debian GNU/Linux 12 (bookworm)',
    digest: `sha256:${HEX}`,
    bundle: { url: `${name}.banger.tar.zst`, sha256: HEX, sizeBytes: 12345 },
  })),
});
const MANIFEST = JSON.stringify({
  version: 1,
  writtenBy: '0.1.0',
  image: {
    name: 'one',
    distribution: 'Debian',
    kernelVersion: '6.1.0-56-cloud-amd64',
    diskBytes: 8192,
    bootArguments: ['quiet', 'panic=-1'],
    provenance: { sources: [] },
  },
  files: ['vmlinux', 'root.ext4'].map((name) => ({ name, sizeBytes: 8192, digest: HEX })),
});

const VALUES = [
  'null',
  'true',
  '-1',
  '1e400',
  '1.5',
  '""',
  '[]',
  '{}',
  '"\\u0000"',
  '"../x"',
  '9007199254740993',
  '[[[[]]]]',
  '{"__proto__":1}',
];

/** Another value in the place of one, a byte in the place of another, a part twice or gone. */
function damage(random: Random, text: string): Buffer {
  const values = [...text.matchAll(/(?<=[:[,])(?:"[^"]*"|\d+|[{[][^{}[\]]*[}\]])/g)];
  const value = random.pick(values);
  switch (random.below(4)) {
    case 0: {
      const bytes = Buffer.from(text);
      for (let changes = 1 + random.below(3); changes > 0; changes -= 1)
        bytes[random.below(bytes.length)] = random.below(256);
      return bytes;
    }
    case 1:
      return Buffer.from(text.slice(0, random.below(text.length)) + text.slice(random.below(text.length)));
    default:
      return Buffer.from(
        text.slice(0, value.index) + random.pick(VALUES) + text.slice(value.index + value[0].length),
      );
  }
}

function tried<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof DocumentProblem)) throw error;
    return undefined;
  }
}

it('a catalog is refused, or is one that can be written again (20,000 texts, seed 1)', () => {
  const random = new Random(1);
  const count = { read: 0, refused: 0 };
  for (let round = 0; round < 20_000; round += 1) {
    const text = damage(random, CATALOG);
    const catalog = tried(() => parseCatalog(text));
    count[catalog === undefined ? 'refused' : 'read'] += 1;
    if (catalog !== undefined) expect(parseCatalog(formatCatalog(catalog))).toEqual(catalog);
  }
  expect(Math.min(count.read, count.refused)).toBeGreaterThan(500);
});

it('a manifest is refused, or is one that can be written again (20,000 texts, seed 2)', () => {
  const random = new Random(2);
  const count = { read: 0, refused: 0 };
  for (let round = 0; round < 20_000; round += 1) {
    const text = damage(random, MANIFEST);
    const manifest = tried(() => parseManifest(text));
    count[manifest === undefined ? 'refused' : 'read'] += 1;
    if (manifest === undefined) continue;
    expect(parseManifest(formatManifest(manifest))).toEqual(manifest);
    for (const { name } of manifest.files)
      expect(['vmlinux', 'initrd', 'root.ext4', 'work.ext4']).toContain(name);
  }
  expect(Math.min(count.read, count.refused)).toBeGreaterThan(500);
});

it('an address is refused, or is https or this host (50,000 texts, seed 3)', () => {
  const random = new Random(3);
  const parts = [
    'http',
    'https',
    ':',
    '//',
    '/',
    '127.0.0.1',
    'localhost',
    'example.org',
    '@',
    '#',
    '?',
    '..',
    '.',
    '[::1]',
    '%2f',
    '\\',
    ' ',
    '\t',
    '0x7f.1',
    'file',
    '#sha256=',
    HEX,
    'é',
    '\0',
  ];
  let taken = 0;
  for (let round = 0; round < 50_000; round += 1) {
    const text = Array.from({ length: 1 + random.below(8) }, () => random.pick(parts)).join('');
    tried(() => parseCatalogPlace(text));
    for (const base of [undefined, 'https://example.org/a/catalog.json']) {
      const url = tried(() => webAddress(text, base));
      if (url === undefined) continue;
      taken += 1;
      const local = /^(127\.\d+\.\d+\.\d+|localhost|\[::1\])$/.test(url.hostname);
      expect(
        url.protocol === 'https:' || (url.protocol === 'http:' && local && base === undefined),
        text,
      ).toBe(true);
      expect(local && base !== undefined, text).toBe(false);
      expect(url.username + url.password + url.hash).toBe('');
    }
  }
  expect(taken).toBeGreaterThan(1000);
});
