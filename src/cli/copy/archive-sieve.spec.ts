import { describe, expect, it } from 'vitest';
import { ArchiveSieve } from './archive-sieve.js';
import type { SieveRules } from './archive-sieve.js';
import { emptyFileHeader, readHeader } from './tar-header.js';

const RULES: SieveRules = { tops: new Set(['t']), permissionsOnly: true, maxBytes: 1e6, maxEntries: 10 };
const END = Buffer.alloc(1024);

function sealed(block: Buffer): Buffer {
  block.write('        ', 148, 'latin1');
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return block;
}

function member(name: string, { type = '0', size = 0, mode = 0o644, link = '' } = {}): Buffer {
  const block = emptyFileHeader(name);
  block.write(type, 156, 'latin1');
  block.write(size.toString(8).padStart(11, '0'), 124, 'latin1');
  block.write(mode.toString(8).padStart(7, '0'), 100, 'latin1');
  block.write(link, 157, 'latin1');
  return sealed(block);
}

function record(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`;
  const length = [1, 2, 3]
    .map((digits) => rest.length + digits)
    .find((sum) => String(sum).length + rest.length === sum);
  return `${length}${rest}`;
}

function pax(...records: string[]): Buffer {
  const content = Buffer.from(records.join(''), 'latin1');
  const filled = Buffer.alloc(Math.ceil(content.length / 512) * 512);
  content.copy(filled);
  return Buffer.concat([member('./t/PaxHeaders/x', { type: 'x', size: content.length }), filled]);
}

/** A file with holes as GNU tar writes it; what it says of itself can be bent. */
function withHoles(
  { map = '2\n1024\n1024\n9000\n0\n', data = 1024, type = '0' } = {},
  bent: Readonly<Record<string, string>> = {},
): Buffer {
  const records = { major: '1', minor: '0', name: './t/holes', realsize: '9000', ...bent };
  const content = Buffer.alloc(Math.ceil((512 + data) / 512) * 512, 'd').fill(0, 0, data < 0 ? 0 : 512);
  Buffer.from(map).copy(content);
  return Buffer.concat([
    pax(
      ...Object.entries(records).flatMap(([key, value]) =>
        value === '' ? [] : [record(`GNU.sparse.${key}`, value)],
      ),
    ),
    member('./t/GNUSparseFile.1/holes', { type, size: 512 + data }),
    content,
  ]);
}

/** Through the sieve in pieces of so many bytes. */
function sieved(archive: Buffer, rules = RULES, pieceBytes = archive.length): Buffer {
  const sieve = new ArchiveSieve(rules);
  const kept: Buffer[] = [];
  for (let at = 0; at < archive.length; at += pieceBytes)
    kept.push(
      ...sieve.pass(Buffer.from(archive.subarray(at, at + pieceBytes))).map((piece) => Buffer.from(piece)),
    );
  return Buffer.concat([...kept, sieve.finish()]);
}

const content = Buffer.alloc(1024, 'c');
const GOOD = Buffer.concat([
  member('./t/', { type: '5', mode: 0o755 }),
  member('./t/file', { size: 700 }),
  content,
  pax(record('mtime', '1.5'), record('path', './t/\xff\xfe')),
  member('./t/short', { size: 3 }),
  Buffer.alloc(512, 'd'),
  member('./t/link', { type: '2', link: '/etc/passwd' }),
  member('./t/hard', { type: '1', link: './t/file' }),
]);

describe('the sieve of archives', () => {
  it.each([1, 7, 512, 513, 4096])('passes what is good as it is, in pieces of %i bytes', (bytes) => {
    const archive = Buffer.concat([GOOD, END, Buffer.alloc(8192)]);
    expect(sieved(archive, RULES, bytes).equals(Buffer.concat([GOOD, END]))).toBe(true);
  });

  it.each([1, 3, 512, 1000])('passes files with holes, in pieces of %i bytes', (bytes) => {
    const files = [
      withHoles(),
      withHoles({ map: '2\n0\n600\n9000\n0\n', data: 600 }),
      withHoles({ map: '1\n9000\n0\n', data: 0 }),
      withHoles({ map: '2\n0\n512\n8192\n808\n', data: 1320 }),
    ];
    const archive = Buffer.concat([...files, member('./t/next'), END]);
    expect(sieved(archive, RULES, bytes).equals(archive)).toBe(true);
  });

  // GNU tar believes what these say: it took a part of their content for headers, which no sieve had seen.
  it.each<[string, Buffer]>([
    ['a real size alone', withHoles({}, { major: '', minor: '', name: '' })],
    ['no real size', withHoles({}, { realsize: '' })],
    ['another format', withHoles({}, { major: '0' })],
    ['a version to come', withHoles({}, { minor: '1' })],
    ['a directory', withHoles({ type: '5' })],
    ['a map that says less than the content', withHoles({ map: '1\n0\n512\n' })],
    ['a map that says more', withHoles({ map: '1\n0\n1536\n' })],
    ['regions that are no blocks', withHoles({ map: '2\n0\n500\n600\n524\n' })],
    ['regions that overlap', withHoles({ map: '2\n0\n512\n511\n512\n' })],
    ['a region beyond the end', withHoles({ map: '1\n8000\n1024\n' })],
    ['a map with no end', withHoles({ map: '9\n' })],
    ['more regions than there can be', withHoles({ map: '9999999999\n' })],
    ['a number that is none', withHoles({ map: '1\n+0\n1024\n' })],
    ['a number of many digits', withHoles({ map: `1\n${'0'.repeat(40)}\n1024\n` })],
    ['no room for a map', withHoles({ map: '', data: -512 })],
  ])('refuses a file with holes: %s', (_name, file) => {
    for (const bytes of [1, 512, file.length])
      expect(() => sieved(Buffer.concat([file, member('./t/next'), END]), RULES, bytes)).toThrow(
        expect.objectContaining({ kind: 'COPY_REFUSED' }),
      );
  });

  it('leaves devices and fifos out, with what was said of them', () => {
    const archive = Buffer.concat([
      pax(record('path', './t/long')),
      member('./t/d', { type: '4' }),
      member('./t/f', { type: '6' }),
      member('./t/b', { type: '3' }),
    ]);
    expect(sieved(Buffer.concat([GOOD, archive, END])).equals(Buffer.concat([GOOD, END]))).toBe(true);
  });

  it('takes all but permissions from a mode, and seals the header again', () => {
    const passed = sieved(Buffer.concat([member('./t/su', { mode: 0o6755 }), END]));
    expect(readHeader(passed.subarray(0, 512)).mode).toBe(0o755);
    const kept = sieved(Buffer.concat([member('./t/su', { mode: 0o6755 }), END]), {
      ...RULES,
      permissionsOnly: false,
    });
    expect(readHeader(kept.subarray(0, 512)).mode).toBe(0o6755);
  });

  it.each<[string, Buffer]>([
    ['a way out', member('./t/../../x')],
    ['an absolute name', member('/etc/passwd')],
    ['what was not asked for', member('./other')],
    ['the directory itself', member('./', { type: '5' })],
    ['a hard link out', member('./t/h', { type: '1', link: '/etc/passwd' })],
    [
      'a hard link out by record',
      Buffer.concat([pax(record('linkpath', '../x')), member('./t/h', { type: '1', link: './t/a' })]),
    ],
    ['a name out by record', Buffer.concat([pax(record('path', '../x')), member('./t/a')])],
    [
      'a name out of a file with holes',
      Buffer.concat([pax(record('GNU.sparse.name', '../x')), member('./t/a')]),
    ],
    ['a file whose name ends in a slash', member('./t/a/', { size: 512 })],
    ['records for all', member('./t/g', { type: 'g', size: 0 })],
    ['a long name in the old way', member('././@LongLink', { type: 'L', size: 512 })],
    ['an unknown record', Buffer.concat([pax(record('GNU.dumpdir', 'x')), member('./t/a')])],
    [
      'a record twice',
      Buffer.concat([pax(record('path', './t/a'), record('path', './t/b')), member('./t/a')]),
    ],
    ['a record that is too long', Buffer.concat([pax('99 path=./t/a\n'), member('./t/a')])],
    ['records of records', Buffer.concat([pax(record('path', './t/a')), pax(record('path', './t/b'))])],
    ['a directory with content', member('./t/', { type: '5', size: 512 })],
    ['a size that is none', Buffer.concat([pax(record('size', '-1')), member('./t/a')])],
    ['a damaged header', Buffer.concat([member('./t/a').fill('z', 0, 3)])],
    ['no archive', Buffer.alloc(1024, 'y\n')],
    ['something after its end', Buffer.concat([Buffer.alloc(512), member('./t/a')])],
    ['nothing at its end', member('./t/a')],
  ])('refuses %s', (_name, archive) => {
    expect(() => sieved(_name === 'nothing at its end' ? archive : Buffer.concat([archive, END]))).toThrow(
      expect.objectContaining({ kind: 'COPY_REFUSED' }),
    );
  });

  it('bounds size, entries and what comes after the end', () => {
    const many = Buffer.concat(Array.from({ length: 11 }, (_, index) => member(`./t/${index}`)));
    expect(() => sieved(Buffer.concat([many, END]))).toThrow(/not put on this host/);
    expect(() => sieved(Buffer.concat([GOOD, END]), { ...RULES, maxBytes: 4096 })).toThrow(
      /not put on this host/,
    );
    const sieve = new ArchiveSieve(RULES);
    sieve.pass(Buffer.concat([GOOD, END]));
    expect(() => {
      for (let piece = 0; piece < 3; piece += 1) sieve.pass(Buffer.alloc(512 * 1024));
    }).toThrow(/not put on this host/);
  });
});
