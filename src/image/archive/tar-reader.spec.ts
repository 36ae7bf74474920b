import { describe, expect, it } from 'vitest';
import { ArchiveFault } from './archive-fault.js';
import type { Inode } from './inode-table.js';
import { formatPaxRecord, parsePaxRecords } from './pax-records.js';
import { Kind } from './tar-entry.js';
import type { TarEntry } from './tar-entry.js';
import { headerChecksum } from './tar-header.js';
import { parseNumber } from './tar-number.js';
import { TarReader } from './tar-reader.js';
import { END_OF_ARCHIVE, entryHead, padding } from './tar-writer.js';
import { xattrRecords } from './xattr-policy.js';

function read(archive: Buffer): TarEntry[] {
  const entries: TarEntry[] = [];
  const reader = new TarReader((entry) => entries.push(entry));
  reader.push(archive);
  reader.end();
  return entries;
}

/** A header of any form, from its fields. */
function header(fields: Record<number, string>): Buffer {
  const block = Buffer.alloc(512);
  for (const [offset, text] of Object.entries(fields)) block.write(text, Number(offset), 'latin1');
  block.write(`${headerChecksum(block).unsigned.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return block;
}

const INODE: Inode = {
  kind: Kind.file,
  mode: 0o4755,
  uid: 1000,
  gid: 1000,
  mtimeSeconds: 1_700_000_000,
  mtimeNanoseconds: 0,
  bytes: 0,
  layer: 0,
  dataOffset: 0,
  storedBytes: 0,
  linkTarget: Buffer.alloc(0),
  xattrs: Buffer.alloc(0),
  major: 0,
  minor: 0,
  stretches: undefined,
};

describe('a number of a header', () => {
  it.each([
    ['0000644\0', 0o644],
    ['  644 \0\0', 0o644],
    ['00000644', 0o644],
    ['\0\0\0\0\0\0\0\0', 0],
    ['\x80\0\0\0\0\x20\0\0', 2 ** 21],
    ['\xff\xff\xff\xff\xff\xff\xff\xfe', -2],
  ])('%j is %d', (text, expected) => {
    expect(parseNumber(Buffer.from(text, 'latin1'), 0, 8)).toBe(expected);
  });

  it.each(['0000648\0', '-000644\0', '0x644\0\0\0', '\x80\xff\xff\xff\xff\xff\xff\xff'])(
    '%j is none',
    (text) => {
      expect(() => parseNumber(Buffer.from(text, 'latin1'), 0, 8)).toThrow(ArchiveFault);
    },
  );
});

describe('a header', () => {
  it.each([
    ['of POSIX has a prefix', { 0: 'name', 257: 'ustar\x0000', 345: 'some/prefix' }, 'some/prefix/name'],
    ['of GNU tar has none there', { 0: 'name', 257: 'ustar  \0', 345: '14000000000' }, 'name'],
    ['of star has a shorter one', { 0: 'n', 257: 'ustar\x0000', 345: 'p', 476: '1400', 508: 'tar\0' }, 'p/n'],
    ['from before POSIX has none', { 0: 'name', 345: 'prefix' }, 'name'],
  ])('%s', (_what, fields, expected) => {
    expect(read(header(fields))[0]?.name.toString()).toBe(expected);
  });

  it('makes a directory of a name with a slash only where it has no type', () => {
    const kinds = ['\0', '0', '7', '5'].map((type) => read(header({ 0: 'name/', 156: type }))[0]?.kind);
    expect(kinds).toEqual([Kind.directory, Kind.file, Kind.file, Kind.directory]);
  });

  it('has its checksum verified, with signed sums as some old programs made them', () => {
    const signed = header({ 0: 'n\xe9' });
    signed.write(`${headerChecksum(signed).signed.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
    expect(read(signed)[0]?.name).toEqual(Buffer.from('n\xe9', 'latin1'));
    signed[1] = 0x70;
    expect(() => read(signed)).toThrow(/checksum/);
  });

  it('of a link, directory or device has no data, whatever its size says', () => {
    for (const type of ['1', '2', '3', '4', '5', '6']) {
      const archive = Buffer.concat([header({ 0: 'a', 124: '1000', 156: type }), header({ 0: 'b' })]);
      expect(read(archive).map(({ name }) => name.toString())).toEqual(['a', 'b']);
    }
  });
});

describe('records of a pax header', () => {
  it('count their own length, also where that grows by a digit', () => {
    for (let length = 0; length < 1100; length += 1) {
      const value = Buffer.alloc(length, 0x0a);
      const record = formatPaxRecord('key', value);
      expect(parsePaxRecords(Buffer.concat([record, record]))).toEqual([
        { key: 'key', value },
        { key: 'key', value },
      ]);
    }
  });

  it.each(['5 a=b', '0 a=b\n', '6 =bb\n', '6 aaab\n', 'x a=b\n', ' 6 a=b\n', '123456789 a=b\n'])(
    'are refused: %j',
    (text) => {
      expect(() => parsePaxRecords(Buffer.from(text))).toThrow(ArchiveFault);
    },
  );

  it('of the whole archive count for nothing', () => {
    const record = formatPaxRecord('path', 'global');
    const body = Buffer.concat([record, Buffer.alloc(512 - record.length)]);
    const archive = Buffer.concat([
      header({ 124: record.length.toString(8), 156: 'g' }),
      body,
      header({ 0: 'n' }),
    ]);
    expect(read(archive).map(({ name }) => name.toString())).toEqual(['n']);
  });
});

describe('what is written', () => {
  const ANY_BYTES = Buffer.from([0xff, 0x2f, 0x0a, 0x25, 0xc3]);
  const CASES: [string, Partial<Inode>, Partial<TarEntry>][] = [
    ['a file', {}, {}],
    ['large ids', { uid: 4_294_967_294, gid: 2_097_152 }, { uid: 4_294_967_294, gid: 2_097_152 }],
    ['ids that just fit', { uid: 2_097_151 }, { uid: 2_097_151 }],
    ['a size past eight GiB', { bytes: 2 ** 33, storedBytes: 2 ** 33 }, { bytes: 2 ** 33 }],
    ['nanoseconds', { mtimeNanoseconds: 1 }, { mtimeNanoseconds: 1 }],
    [
      'a time before 1970',
      { mtimeSeconds: -2, mtimeNanoseconds: 5e8 },
      { mtimeSeconds: -2, mtimeNanoseconds: 5e8 },
    ],
    ['one on the second', { mtimeSeconds: -2 }, { mtimeSeconds: -2 }],
    ['the last of times', { mtimeSeconds: 2 ** 34 }, { mtimeSeconds: 2 ** 34 }],
    [
      'a device',
      { kind: Kind.blockDevice, major: 4095, minor: 1_048_575 },
      { major: 4095, minor: 1_048_575 },
    ],
    ['a long target', { kind: Kind.symbolicLink, linkTarget: Buffer.alloc(4095, 'é') }, {}],
    [
      'a sparse file',
      { bytes: 2 ** 40, storedBytes: 512, stretches: [{ offset: 4096, length: 512 }] },
      { bytes: 2 ** 40, storedBytes: 512 },
    ],
  ];

  it.each(CASES)('is read again: %s', (_what, facts, expected) => {
    const inode = { ...INODE, ...facts };
    for (const path of [
      Buffer.from('short'),
      ANY_BYTES,
      Buffer.concat([Buffer.alloc(200, 'n'), ANY_BYTES]),
    ]) {
      const entries: TarEntry[] = [];
      new TarReader((entry) => entries.push(entry)).push(
        Buffer.concat([entryHead({ path, inode, linkTo: undefined }), END_OF_ARCHIVE]),
      );
      expect(entries[0]).toMatchObject({ name: path, kind: inode.kind, mode: 0o4755, ...expected });
      expect(entries[0]?.linkTarget).toEqual(inode.linkTarget);
    }
  });

  it('is a hard link without data of its own', () => {
    const inode = { ...INODE, bytes: 700, storedBytes: 700 };
    const head = entryHead({ path: Buffer.from('l'), inode, linkTo: Buffer.from('f') });
    const [entry] = read(Buffer.concat([head, END_OF_ARCHIVE]));
    expect(entry).toMatchObject({ kind: Kind.hardLink, linkTarget: Buffer.from('f') });
    expect([0, 1, 511, 512, 513].map(padding)).toEqual([0, 511, 1, 0, 511]);
  });

  it('has attributes with any bytes, but for those of other hosts', () => {
    const kept = new Map([
      ['user.a%b', Buffer.from([0, 10, 61])],
      ['security.capability', Buffer.alloc(20, 1)],
      ['user.overlayish', Buffer.from('x')],
    ]);
    const foreign = ['security.selinux', 'trusted.overlay.opaque', 'user.overlay.x'].map(
      (name) => [name, Buffer.from('x')] as const,
    );
    const xattrs = xattrRecords(new Map([...foreign, ...kept]));
    expect(parsePaxRecords(xattrs)).toEqual(
      [...kept].map(([name, value]) => ({ key: `SCHILY.xattr.${name.replace('%', '%25')}`, value })),
    );
    const large = new Map(Array.from({ length: 17 }, (_, index) => [`user.${index}`, Buffer.alloc(65_536)]));
    expect(() => xattrRecords(large)).toThrow(ArchiveFault);
  });
});
