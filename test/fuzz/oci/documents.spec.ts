import { expect, it } from 'vitest';
import { isKind } from '../../../src/core/errors/index.js';
import { findCredential } from '../../../src/image/oci/docker-config.js';
import { DocumentProblem } from '../../../src/image/oci/json-document.js';
import { MAX_LAYER_BYTES, parseManifest } from '../../../src/image/oci/manifest.js';
import { parseConfig } from '../../../src/image/oci/oci-config.js';
import { formatReference, localImageName, parseReference } from '../../../src/image/oci/reference.js';
import { Random } from '../rpc/random.js';

const DIGEST = `sha256:${'ab'.repeat(32)}`;
const TYPE = 'application/vnd.oci.image.';

const MANIFEST = {
  schemaVersion: 2,
  mediaType: `${TYPE}manifest.v1+json`,
  config: { mediaType: `${TYPE}config.v1+json`, digest: DIGEST, size: 5 },
  layers: [{ mediaType: `${TYPE}layer.v1.tar+gzip`, digest: DIGEST, size: 7 }],
};
const INDEX = {
  schemaVersion: 2,
  manifests: [{ digest: DIGEST, size: 9, platform: { os: 'linux', architecture: 'amd64' } }],
};
const CONFIG = {
  architecture: 'amd64',
  os: 'linux',
  config: { Env: ['A=b'], Cmd: ['sh'], User: 'ada', Labels: { a: 'b' } },
  rootfs: { type: 'layers', diff_ids: [DIGEST] },
};
const LOGINS = { auths: { 'x.example': { auth: 'YTpi' } }, credHelpers: { 'y.example': 'z' } };

const ODD: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  1.5,
  1e300,
  2 ** 53,
  '',
  '\0',
  'x'.repeat(300),
  '../../etc',
  DIGEST,
  DIGEST.toUpperCase(),
  [],
  [null],
  {},
  { length: 5 },
  [[[[]]]],
  { __proto__: null, toString: 1 },
  Array.from({ length: 600 }, () => ({})),
  'constructor',
  '__proto__',
];

/** The document with something in it changed, dropped or added. */
function mutated(value: unknown, random: Random): unknown {
  if (random.below(6) === 0) return random.pick(ODD);
  if (Array.isArray(value)) {
    const items = value.map((item) => (random.below(2) === 0 ? mutated(item, random) : item) as unknown);
    return random.below(5) === 0 ? [...items, random.pick(ODD)] : items;
  }
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).flatMap(([key, item]) => {
    const name =
      random.below(20) === 0 ? random.pick(['__proto__', 'layers', 'manifests', 'mediaType']) : key;
    if (random.below(20) === 0) return [];
    return [[name, random.below(2) === 0 ? mutated(item, random) : item]];
  });
  return Object.fromEntries(entries) as unknown;
}

/** The text of it, sometimes cut or with a byte changed. */
function written(document: unknown, random: Random): Buffer {
  const content = Buffer.from(JSON.stringify(mutated(document, random)) ?? '');
  if (random.below(8) === 0 && content.length > 0) content[random.below(content.length)] = random.below(256);
  return random.below(8) === 0 ? content.subarray(0, random.below(content.length + 1)) : content;
}

/** The result, or undefined where it was refused in the way that it has to be. */
function orRefused<T>(parse: () => T): T | undefined {
  try {
    return parse();
  } catch (error) {
    if (error instanceof DocumentProblem || isKind(error, 'IMAGE_REFERENCE_INVALID')) return undefined;
    throw error;
  }
}

const isDigest = (text: unknown): boolean => /^sha256:[0-9a-f]{64}$/.test(String(text));

it('every manifest is read within its bounds or refused with a reason (40,000, seed 1)', () => {
  const random = new Random(1);
  const counts = { manifest: 0, index: 0, refused: 0 };
  for (let round = 0; round < 40_000; round += 1) {
    const said = random.pick([
      undefined,
      '',
      `${TYPE}manifest.v1+json`,
      `${TYPE}index.v1+json; charset=utf-8`,
      'text/html',
    ]);
    const content = written(random.pick([MANIFEST, INDEX]), random);
    const manifest = orRefused(() => parseManifest(content, said));
    counts[manifest?.kind ?? 'refused'] += 1;
    const parts =
      manifest?.kind === 'manifest' ? [manifest.config, ...manifest.layers] : (manifest?.entries ?? []);
    for (const { digest, size } of parts) {
      if (!isDigest(digest) || !Number.isSafeInteger(size) || size < 0 || size > MAX_LAYER_BYTES)
        expect.fail(`${digest} ${size} was let through of ${content.toString()}`);
    }
    expect(parts.length).toBeLessThanOrEqual(501);
  }
  // a test of refusals alone, or of none, would be none
  expect(Math.min(...Object.values(counts))).toBeGreaterThan(1000);
});

it('every configuration is read within its bounds or refused with a reason (40,000, seed 2)', () => {
  const random = new Random(2);
  let read = 0;
  for (let round = 0; round < 40_000; round += 1) {
    const config = orRefused(() => parseConfig(written(CONFIG, random), 1));
    if (config === undefined) continue;
    read += 1;
    expect([config.diffIds.length, config.diffIds.every(isDigest)]).toEqual([1, true]);
    const texts = [
      config.user,
      config.workdir,
      ...config.env,
      ...config.cmd,
      ...config.entrypoint,
      ...Object.values(config.labels),
    ];
    if (texts.some((text) => typeof text !== 'string' || text.includes('\0')))
      expect.fail('a NUL or no text');
  }
  expect(read).toBeGreaterThan(1000);
  expect(read).toBeLessThan(39_000);
});

it('every file of logins is read or refused (20,000, seed 3)', () => {
  const random = new Random(3);
  let found = 0;
  for (let round = 0; round < 20_000; round += 1) {
    const registry = random.pick(['x.example', 'y.example', '__proto__', 'constructor']);
    if (orRefused(() => findCredential(written(LOGINS, random), registry, 'a/b')) !== undefined) found += 1;
  }
  expect(found).toBeGreaterThan(1000);
});

it('every reference that is accepted means the same when it is written in full, and is safe in a path of a URL (60,000, seed 4)', () => {
  const random = new Random(4);
  const pieces = [
    'debian',
    'docker.io',
    'x.io',
    'localhost',
    '/',
    '/',
    ':',
    ':',
    '@',
    '.',
    '..',
    '-',
    '_',
    '__',
    'A',
    '5000',
    '12',
    DIGEST,
    '[::1]',
    '%2f',
    '?',
    '#',
    ' ',
    '\n',
    '\0',
    'é',
    '\\',
  ];
  let accepted = 0;
  for (let round = 0; round < 60_000; round += 1) {
    const text = Array.from({ length: 1 + random.below(8) }, () => random.pick(pieces)).join('');
    const reference = orRefused(() => parseReference(text));
    if (reference === undefined) continue;
    accepted += 1;
    const full = formatReference(reference);
    if (formatReference(parseReference(full)) !== full)
      expect.fail(`${JSON.stringify(text)} becomes ${full}`);
    const { registry, repository, tag = 'x' } = reference;
    const url = URL.parse(`https://${registry}/v2/${repository}/manifests/${tag}`);
    if (url?.pathname !== `/v2/${repository}/manifests/${tag}` || url.search !== '' || url.username !== '')
      expect.fail(`${JSON.stringify(text)} leads to ${url?.href}`);
    if (!/^[a-z0-9._-]+(:[\w.-]+)?$/.test(localImageName(reference))) expect.fail(localImageName(reference));
  }
  expect(accepted).toBeGreaterThan(2_000);
});
