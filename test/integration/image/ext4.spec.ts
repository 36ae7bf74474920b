import { execFileSync } from 'node:child_process';
import {
  createWriteStream,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Kind } from '../../../src/image/archive/tar-entry.js';
import { END_OF_ARCHIVE, entryHead } from '../../../src/image/archive/tar-writer.js';
import { xattrRecords } from '../../../src/image/archive/xattr-policy.js';
import { FileDisks } from '../../../src/image/ext4/disk-reader.adapter.js';
import { ext4Archive } from '../../../src/image/ext4/ext4-archive.js';
import { Ext4Fault } from '../../../src/image/ext4/ext4-fault.js';
import { Random } from '../../fuzz/rpc/random.js';

let scratch: string;
const path = (name: string): string => join(scratch, name);

beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), 'bgr-ext4-'));
});
afterAll(() => rmSync(scratch, { recursive: true }));

async function archive(disk: string, to: string): Promise<void> {
  const reader = await new FileDisks().open(disk);
  try {
    await pipeline(Readable.from(ext4Archive(reader), { objectMode: false }), createWriteStream(to));
  } finally {
    await reader.close();
  }
}

/** A line for each file, and one for each content. */
function describeTree(tree: string): string[] {
  const script = `cd "$1"
find . -printf '%P %y %m %U %G %l %T@ ' \\( -type d -printf '\\n' -o -printf '%n %s\\n' \\)
find . -type f -exec sha256sum {} +`;
  return execFileSync('sh', ['-c', script, 'sh', tree], { encoding: 'utf8', maxBuffer: 64 * 1024 ** 2 })
    .split('\n')
    .toSorted();
}

const ATTRIBUTED = ['attributed', 'also', 'capable', 'listed'];

/** The records that tar makes of the attributes of each file. */
function attributesOf(tree: string): string[][] {
  return ATTRIBUTED.map((name) => {
    const args = ['-C', tree, '--xattrs', '--xattrs-include=*', '-cf', '-', name];
    const text = execFileSync('tar', args).toString('latin1');
    const records = [...text.matchAll(/(\d+) SCHILY\.xattr\./g)].map(({ index, 1: length }) =>
      text.slice(index, index + Number(length)),
    );
    return records.toSorted();
  });
}

/** Gives it a few attributes: an archive's, as no program of every host sets them. */
function addAttributes(tree: string): void {
  const attributes: [string, [string, Buffer][]][] = [
    ['attributed', [['user.small', Buffer.from('s')]]],
    [
      'also',
      [
        ['user.large', Buffer.alloc(700, 'x')],
        ['user.small', Buffer.from([0, 1, 10])],
      ],
    ],
    ['capable', [['security.capability', Buffer.from('0100000200200000000000000000000000000000', 'hex')]]],
    ['listed', [['system.posix_acl_access', Buffer.from(ACCESS_LIST, 'hex')]]],
  ];
  const pieces = attributes.flatMap(([name, xattrs]) => [
    entryHead({
      path: Buffer.from(name),
      linkTo: undefined,
      inode: { ...PLAIN_FILE, xattrs: xattrRecords(new Map(xattrs)) },
    }),
  ]);
  const input = Buffer.concat([...pieces, END_OF_ARCHIVE]);
  execFileSync('tar', ['-C', tree, '-p', '--xattrs', '--xattrs-include=*', '-xf', '-'], { input });
}

/** u::rw-, u:5:r--, g::r--, m::r--, o::r-- */
const ACCESS_LIST = [
  '02000000',
  '01000600ffffffff',
  '0200040005000000',
  '04000400ffffffff',
  '10000400ffffffff',
  '20000400ffffffff',
].join('');

const EMPTY = Buffer.alloc(0);
const PLAIN_FILE = {
  ...{ kind: Kind.file, mode: 0o644, uid: 0, gid: 0, mtimeSeconds: 1, mtimeNanoseconds: 0, bytes: 0 },
  ...{ layer: 0, dataOffset: 0, storedBytes: 0, linkTarget: EMPTY, major: 0, minor: 0, stretches: undefined },
} as const;

function makeTree(tree: string): void {
  mkdirSync(tree);
  const script = `set -e
cd "$1"
mkdir -p a/b/c many 'new
line' empty
echo text > a/file; ln a/file a/b/hard; ln -s ../file a/b/soft; ln -s "$(printf '%0200d' 7)" a/long-link
mkfifo a/fifo; chmod 4755 a/file; chmod 1777 a/b; chown 70000:80000 a/b/c; : > 'new
line/é'
touch -d '1960-01-01' empty
i=0; while [ $i -lt 3000 ]; do : > "many/a-name-that-takes-some-room-$i"; i=$((i + 1)); done
head -c 3000000 /dev/urandom > random
truncate -s 300M sparse; printf x | dd of=sparse bs=1 seek=100M conv=notrunc status=none; printf y | dd of=sparse bs=1 seek=200000001 conv=notrunc status=none
truncate -s 5M hole`;
  execFileSync('sh', ['-c', script, 'sh', tree]);
  addAttributes(tree);
}

describe('an ext4 file system', () => {
  it.each([
    ['blocks of 4 KiB', ['-b', '4096']],
    ['blocks of 1 KiB, and small inodes', ['-b', '1024', '-I', '128']],
    ['no journal, and 32 bits', ['-O', '^has_journal,^64bit']],
  ])('of %s reads as it was written', async (_, options) => {
    const tree = path('tree');
    const disk = path('disk');
    const copy = path('copy');
    for (const old of [tree, disk, copy]) rmSync(old, { recursive: true, force: true });
    makeTree(tree);
    execFileSync('mke2fs', ['-q', '-t', 'ext4', ...options, '-d', tree, disk, '512M']);
    await archive(disk, path('tar'));
    mkdirSync(copy);
    execFileSync('tar', [
      ...['-C', copy, '-p', '--numeric-owner', '--xattrs', '--xattrs-include=*'],
      ...['-xf', path('tar')],
    ]);
    // mke2fs notes whole seconds
    const cut = (lines: string[]): string[] => lines.map((line) => line.replace(/\.\d{10}/, ''));
    const before = cut(describeTree(tree));
    expect(cut(describeTree(copy))).toEqual(before);
    expect(before.length).toBeGreaterThan(3000);
    expect(attributesOf(copy)).toEqual(attributesOf(tree));
    expect(attributesOf(tree).flat()).toHaveLength(5);
    expect(readFileSync(path('tar')).length, 'holes stay holes').toBeLessThan(12 * 1024 ** 2);
  });

  it('tells times to the nanosecond, and beyond 2038', async () => {
    const disk = path('times');
    mkdirSync(path('one'));
    writeFileSync(path('one/file'), '');
    execFileSync('mke2fs', ['-q', '-t', 'ext4', '-I', '256', '-d', path('one'), disk, '1M']);
    const commands = ['sif /file mtime @0x10', `sif /file mtime_extra ${(123_456_789 << 2) | 1}`];
    for (const command of commands) execFileSync('debugfs', ['-w', '-R', command, disk], { stdio: 'ignore' });
    await archive(disk, path('tar'));
    mkdirSync(path('times-copy'));
    execFileSync('tar', ['-C', path('times-copy'), '-xf', path('tar')]);
    const { mtimeNs } = statSync(path('times-copy/file'), { bigint: true });
    expect(mtimeNs).toBe((2n ** 32n + 16n) * 1_000_000_000n + 123_456_789n);
  });

  it('that has one file in many places, and says that it is in one, is refused', async () => {
    mkdirSync(path('bomb'));
    writeFileSync(path('bomb/large'), Buffer.alloc(400_000, 'x'));
    execFileSync('mke2fs', ['-q', '-t', 'ext4', '-d', path('bomb'), path('b'), '1M'], { stdio: 'ignore' });
    for (const name of ['1', '2', '3', '4'])
      execFileSync('debugfs', ['-w', '-R', `ln large ${name}`, path('b')], { stdio: 'ignore' });
    await expect(archive(path('b'), path('tar'))).rejects.toThrow('its files have the same blocks');
  });

  it('that changes at random is read in bounds, or refused', async () => {
    const tree = path('small');
    mkdirSync(join(tree, 'd/e'), { recursive: true });
    for (let index = 0; index < 50; index += 1)
      writeFileSync(join(tree, `d/${index}`), 'x'.repeat(index * 99));
    execFileSync('mke2fs', [
      '-q',
      '-t',
      'ext4',
      '-O',
      '^has_journal',
      '-N',
      '128',
      '-d',
      tree,
      path('s'),
      '1M',
    ]);
    const whole = readFileSync(path('s'));
    const faults = new Set<string>();
    const random = new Random(7);
    for (let round = 0; round < 400; round += 1) {
      const bytes = Buffer.from(whole);
      for (let change = random.below(20); change >= 0; change -= 1) {
        // most of what decides lies in the beginning
        const at = random.below(random.below(5) > 0 ? 65_536 : bytes.length);
        bytes.writeUInt8(random.pick([0, 1, 255, random.below(256)]), at);
      }
      try {
        let total = 0;
        const reader = {
          size: bytes.length,
          close: () => Promise.resolve(),
          read: (offset: number, length: number) => {
            if (offset < 0 || offset + length > bytes.length) throw new Ext4Fault('beyond its end');
            return Promise.resolve(Buffer.from(bytes.subarray(offset, offset + length)));
          },
        };
        for await (const piece of ext4Archive(reader)) total += piece.length;
        expect(total).toBeLessThan(4 * 1024 ** 2);
      } catch (error) {
        if (!(error instanceof Ext4Fault)) throw error;
        faults.add(error.message);
      }
    }
    expect(faults.size).toBeGreaterThan(8);
  });
});
