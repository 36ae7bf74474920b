import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeTar } from '../../../support/tar-maker.js';
import type { HandmadeEntry } from '../../../support/tar-maker.js';
import { describeTree, flatten, layerFile, restore, umociUnpack } from './support.js';

let directory: string;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'bgr-archive-'));
});
afterAll(() => {
  rmSync(directory, { recursive: true });
});

/** what `setcap cap_net_raw+ep` writes: magic 2 with the effective bit, and two sets */
const CAPABILITY = Buffer.from('0100000200200000000000000000000000000000', 'hex');
const ODD = Buffer.from([0x6f, 0x64, 0x64, 0xff, 0x0a, 0x5c, 0x80]);
const LONG = `opt/${'long-'.repeat(40)}/${'name-'.repeat(30)}`;
const directoryEntry = (name: string | Buffer, more: Partial<HandmadeEntry> = {}): HandmadeEntry => ({
  name,
  type: '5',
  mode: 0o755,
  ...more,
});
const link = (name: string, linkTarget: string): HandmadeEntry => ({ name, type: '1', linkTarget });
const symlink = (name: string, linkTarget: string | Buffer): HandmadeEntry => ({
  name,
  type: '2',
  linkTarget,
});

const SECOND: HandmadeEntry[] = [
  directoryEntry('opt/', { mode: 0o1777, uid: 7, mtime: 1_600_000_000 }),
  { name: 'opt/setuid', mode: 0o4755, uid: 1000, gid: 2000, data: '#!' },
  { name: 'opt/setgid', mode: 0o2711, data: 'x'.repeat(600) },
  { name: 'opt/fifo', type: '6', mode: 0o620 },
  { name: 'opt/null', type: '3', mode: 0o666, major: 1, minor: 3 },
  { name: 'opt/block', type: '4', mode: 0o660, major: 259, minor: 70_000 },
  { name: Buffer.concat([Buffer.from('opt/'), ODD]), data: 'odd' },
  symlink('opt/odd-link', ODD),
  { name: 'opt/ping', mode: 0o755, data: 'ping', pax: [['SCHILY.xattr.security.capability', CAPABILITY]] },
  {
    name: 'opt/attributes',
    data: 'a',
    pax: [
      ['SCHILY.xattr.user.binary', Buffer.from([0, 1, 0x0a, 0x3d, 0xff, 0])],
      ['SCHILY.xattr.user.per%cent', '%25'],
      ['mtime', '1500000000.123456789'],
    ],
  },
  {
    name: 'opt/owner',
    data: 'o',
    pax: [
      ['uid', '4000000000'],
      ['gid', '3000000'],
    ],
  },
  { name: 'opt/before-1970', data: 'b', pax: [['mtime', '-86400.5']] },
  directoryEntry('opt/x/', { pax: [['path', `${LONG.split('/').slice(0, 2).join('/')}/`]] }),
  { name: 'opt/y', data: 'long', pax: [['path', LONG]] },
  { name: 'opt/long-link', type: '2', pax: [['linkpath', LONG.repeat(3)]] },
  { name: 'opt/first', data: 'one file', mode: 0o640, pax: [['SCHILY.xattr.user.shared', 'yes']] },
  link('opt/second', 'opt/first'),
  link('opt/third', 'opt/second'),
  link('opt/same-link', 'opt/odd-link'),
  directoryEntry('opt/full/'),
  directoryEntry('opt/full/below/'),
  { name: 'opt/full/below/deep', data: 'deep' },
  { name: 'opt/full/one', data: '1' },
  directoryEntry('opt/becomes-file/'),
  { name: 'opt/becomes-file/lost', data: 'lost' },
  { name: 'opt/becomes-directory', data: 'f' },
  directoryEntry('opt/target/'),
  symlink('opt/absolute', '/opt/target'),
  symlink('opt/upwards', '../../../../opt/target'),
  symlink('opt/chain', 'upwards/../absolute'),
  { name: 'opt/whited-out-target', data: 'survives' },
  { name: 'opt/changed', data: 'old' },
  link('opt/unchanged', 'opt/changed'),
];

const THIRD: HandmadeEntry[] = [
  { name: 'opt/full/.wh..wh..opq' },
  directoryEntry('opt/full/', { mode: 0o700, mtime: 1_650_000_000 }),
  { name: 'opt/full/new', data: 'new' },
  { name: 'opt/becomes-file', data: 'file' },
  directoryEntry('opt/becomes-directory/'),
  { name: 'opt/becomes-directory/inside', data: 'i' },
  { name: 'opt/absolute/by-absolute', data: '1' },
  { name: 'opt/upwards/by-upwards', data: '2' },
  { name: 'opt/chain/by-chain', data: '3' },
  link('opt/across', 'opt/first'),
  link('opt/across-symlink', 'opt/absolute/by-chain'),
  link('opt/of-debian', 'etc/debian_version'),
  { name: 'opt/changed', data: 'new' },
  link('opt/survivor', 'opt/whited-out-target'),
  { name: 'etc/.wh.apt' },
  { name: 'usr/share/.wh.doc' },
  { name: 'bin/through-usrmerge', data: 'u', mode: 0o755 },
  directoryEntry('etc/', { mode: 0o750, mtime: 1_650_000_001 }),
];

const FOURTH: HandmadeEntry[] = [
  { name: 'opt/.wh.whited-out-target' },
  { name: 'opt/.wh.setgid' },
  directoryEntry('usr/share/doc/', { mode: 0o711 }),
  { name: 'opt/.wh.never-there' },
];

describe('a Debian root file system with layers on it', () => {
  it.skipIf(process.getuid?.() !== 0)(
    'is restored exactly as umoci unpacks it',
    { timeout: 240_000 },
    async () => {
      const debian = join(directory, 'debian.tar');
      // by its path: other tests have one of their own in PATH
      execFileSync('/usr/bin/mmdebstrap', ['--variant=minbase', 'bookworm', debian], { stdio: 'ignore' });
      const tars = [readFileSync(debian), makeTar(SECOND), makeTar(THIRD), makeTar(FOURTH)];
      const compressions = ['gzip', 'zstd', 'none', 'gzip'] as const;
      const layers = tars.map((tar, index) =>
        layerFile(join(directory, `l${index}`), tar, compressions[index]),
      );
      for (const [index, tar] of tars.entries()) writeFileSync(join(directory, `plain-${index}.tar`), tar);
      const expected = umociUnpack(
        directory,
        tars.map((_, index) => join(directory, `plain-${index}.tar`)),
      );
      const restored = join(directory, 'restored');
      const scratch = join(directory, 'scratch');
      const flat = await flatten(layers, scratch);
      await restore(flat, restored);
      await flat[Symbol.asyncDispose]();
      expect(readdirSync(scratch)).toEqual([]);
      // what is in /dev is never kept
      expect(readdirSync(join(restored, 'dev'))).toEqual([]);
      rmSync(join(expected, 'dev'), { recursive: true });
      rmSync(join(restored, 'dev'), { recursive: true });
      const [found, wanted] = [describeTree(restored), describeTree(expected)];
      expect(found).toEqual(wanted);
      expect(found.length).toBeGreaterThan(5000);
      for (const name of ['user.binary', 'security.capability', 'user.shared'])
        expect(
          found.some((line) => line.includes(name)),
          name,
        ).toBe(true);
    },
  );
});
