import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { OperationView } from '../../../src/contract/index.js';
import { newId } from '../../../src/core/ids.js';
import { MachineImages, workPath } from '../../../src/image/index.js';
import type { Making } from '../../../src/image/index.js';
import { DaemonKey } from '../../../src/host/index.js';
import { fileHas } from '../../support/file-bytes.js';
import { ImageSites } from '../../../src/image/store/image-sites.js';
import { FIXTURE, PackageFixture } from './fixture.js';
import { ImageHost } from './support.js';

const MIB = 1024 ** 2;
const OWNER = process.getuid?.() === 0 ? 987_654 : undefined;
/** of a file with a secret that has to be gone */
const SECRET = 'xSECRETx';
const HOSTILE = 'x"\ncd <2>\nwrite /etc/passwd stolen\n"\u0001 y';

/** What a machine has left in its files, by path. What begins with the secret has to go. */
const MACHINE: Readonly<Record<string, string>> = {
  'etc/machine-id': `${SECRET}-machine-id`,
  'etc/hostname': `${SECRET}-name`,
  'etc/hosts': `127.0.1.1 ${SECRET}`,
  'etc/gitconfig': `${SECRET}-git`,
  'etc/passwd': 'root:x:0:0::/root:/bin/sh\n',
  'etc/ssh/ssh_host_ed25519_key': `${SECRET}-host-key`,
  'etc/ssh/ssh_host_ed25519_key.pub': `${SECRET}-host-key-pub`,
  'etc/ssh/sshd_config': 'kept',
  'etc/banger/environment': `${SECRET}-env`,
  'etc/banger/deep/er/file': `${SECRET}-deep`,
  'etc/banger/image-environment': 'kept',
  [`etc/banger/${HOSTILE}`]: `${SECRET}-hostile`,
  'var/lib/banger/root-sectors': '1',
  'var/lib/banger/sessions/s1/output': `${SECRET}-session`,
  'var/lib/dbus/machine-id': `${SECRET}-dbus`,
  'var/lib/systemd/random-seed': `${SECRET}-seed`,
  'var/lib/dhcp/dhclient.leases': `${SECRET}-lease`,
  'var/log/syslog': `${SECRET}-log`,
  [`var/log/${SECRET}.log`]: 'its name tells',
  'var/log/nginx/access.log': `${SECRET}-log`,
  'var/log/journal/0123/system.journal': `${SECRET}-journal`,
  'home/ada/.ssh/authorized_keys': `${SECRET}-ada`,
  'home/ada/.ssh/known_hosts': 'kept',
  'home/ada/.ssh/id_ed25519': 'kept',
  'root/.ssh/authorized_keys': `${SECRET}-below`,
  'opt/token': `${SECRET}-synced`,
  'usr/local/bin/hello': '#!/bin/sh\necho hello\n',
};
const HOME: Readonly<Record<string, string>> = {
  '.ssh/authorized_keys': `${SECRET}-home`,
  '.ssh/authorized_keys2': `${SECRET}-home2`,
  '.ssh/known_hosts': 'kept',
  '.bash_history': 'typed-here',
  '.npmrc': `${SECRET}-npmrc`,
  'project/file': 'kept',
};

let scratch: string;
let packages: PackageFixture;
let host: ImageHost;
beforeAll(async () => {
  scratch = mkdtempSync(join(tmpdir(), 'bgr-machine-'));
  packages = await PackageFixture.make();
  host = await ImageHost.open({ buildHost: packages });
  await host.build();
});
afterAll(async () => {
  await host?.close();
  await packages?.remove();
  rmSync(scratch, { recursive: true, force: true });
});
afterEach(async () => {
  for (const { id, name } of await host.images.list()) if (name !== 'debian') await host.images.delete(id);
  const kept = (await host.images.get('debian')).id;
  expect(await host.imageDirectory()).toEqual([kept]);
  expect(
    (await host.ledger.list({ kind: 'directory' })).filter(({ owner }) => owner.type === 'image'),
  ).toHaveLength(1);
});

/** A file system with these files, as a machine has left it: one file deleted, one with two names. */
function makeDisk(name: string, files: Readonly<Record<string, string | Buffer>>, bytes: number): string {
  const tree = join(scratch, `${name}-tree`);
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(tree, path)), { recursive: true });
    writeFileSync(join(tree, path), content);
  }
  mkdirSync(join(tree, 'tmp'), { recursive: true });
  writeFileSync(join(tree, 'tmp/deleted'), `${SECRET}-deleted`);
  if (existsSync(join(tree, 'etc/ssh/ssh_host_ed25519_key')))
    linkSync(join(tree, 'etc/ssh/ssh_host_ed25519_key'), join(tree, 'tmp/second-name'));
  const disk = join(scratch, `${name}.raw`);
  rmSync(disk, { force: true });
  execFileSync('mke2fs', [
    '-q',
    '-t',
    'ext4',
    '-m',
    '0',
    '-J',
    'size=16',
    '-d',
    tree,
    disk,
    `${bytes / 1024}K`,
  ]);
  execFileSync('debugfs', ['-w', '-R', 'rm tmp/deleted', disk], { stdio: 'pipe' });
  rmSync(tree, { recursive: true });
  return disk;
}

interface Wishes {
  readonly root: string;
  readonly work?: string;
  readonly clearHistory?: boolean;
  readonly replace?: boolean;
  readonly before?: (making: Making) => Promise<void> | void;
}

async function promote({
  root,
  work,
  clearHistory = false,
  replace = false,
  before,
}: Wishes): Promise<OperationView> {
  const { id: parentId } = await host.images.get('debian');
  const order = { name: 'mine', replace, parentId };
  const { id } = await host.app.get(MachineImages, { strict: false }).begin(order, async (making) => {
    const { directory } = making.site;
    for (const [name, from] of [
      ['root', root],
      ['work', work],
    ] as const) {
      if (from === undefined) continue;
      const path = workPath(directory, name);
      execFileSync('cp', ['--sparse=always', from, path]);
      chmodSync(path, 0o600);
      if (OWNER !== undefined) execFileSync('chown', [`${OWNER}:${OWNER}`, path]);
    }
    await before?.(making);
    const owner = OWNER === undefined ? undefined : { uid: OWNER, gid: OWNER };
    const files = ['/opt/token', '/root/.npmrc', '/opt/not/there'];
    return { reference: 'web', hasWork: work !== undefined, clearHistory, files, owner };
  });
  return (await host.follow(id)).view;
}

const debugfs = (disk: string, command: string): string =>
  execFileSync('debugfs', ['-R', command, disk], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
const cat = (disk: string, path: string): string => debugfs(disk, `cat ${path}`);
const fileOf = (id: string, name: string): string => join(host.config.imagesDirectory, id, name);

describe('an image that is made of a machine', () => {
  it('has what was installed, and nothing of who the machine was: not even in its free room', async () => {
    const root = makeDisk('root', MACHINE, 400 * MIB);
    const work = makeDisk('work', HOME, 700 * MIB);
    for (const disk of [root, work]) expect(fileHas(disk, SECRET)).toBe(true);
    const view = await promote({ root, work });
    expect(view).toMatchObject({ state: 'succeeded', kind: 'image.promote' });
    expect(view.warnings).toEqual([expect.stringContaining('/home/ada/.ssh/id_ed25519')]);
    const image = await host.images.require('mine');
    for (const path of [image.rootPath, image.workPath]) {
      expect(fileHas(path, SECRET), path).toBe(false);
      expect(execFileSync('e2fsck', ['-fn', path], { encoding: 'utf8', stdio: 'pipe' })).toMatch(/files/);
      expect(statSync(path)).toMatchObject({ uid: process.getuid?.(), nlink: 2 });
      expect(statSync(path).blocks * 512).toBeLessThan(8 * MIB);
      expect(debugfs(path, 'features')).toContain('has_journal');
    }
    expect(cat(image.rootPath, '/usr/local/bin/hello')).toContain('echo hello');
    expect(cat(image.rootPath, '/etc/ssh/sshd_config')).toBe('kept');
    expect(cat(image.rootPath, '/etc/banger/image-environment')).toBe('kept');
    expect(cat(image.rootPath, '/home/ada/.ssh/known_hosts')).toBe('kept');
    expect(cat(image.rootPath, '/etc/hostname')).toBe('banger\n');
    expect(cat(image.rootPath, '/etc/hosts')).not.toContain('127.0.1.1');
    expect(debugfs(image.rootPath, 'stat /etc/machine-id')).toMatch(
      /Mode: +0444[\s\S]*User: +0 +Group: +0[\s\S]*Size: 0$/m,
    );
    expect(debugfs(image.rootPath, 'ls -p /var/log/nginx')).not.toContain('access.log');
    expect(debugfs(image.rootPath, 'ls -p /')).not.toContain('stolen');
    expect(cat(image.rootPath, '/var/lib/banger/root-sectors')).toBe(`${(400 * MIB) / 512}\n`);
    expect(cat(image.rootPath, '/var/lib/banger/work-sectors')).toBe(`${(512 * MIB) / 512}\n`);
    expect(statSync(image.workPath).size).toBe(512 * MIB);
    expect(cat(image.workPath, '/project/file')).toBe('kept');
    expect(cat(image.workPath, '/.bash_history')).toBe('typed-here');
  });

  it('has the kernel of the one that the machine stood on, by name, and says where it is from', async () => {
    await promote({ root: makeDisk('root', MACHINE, 64 * MIB) });
    const [parent, view] = [await host.images.get('debian'), await host.images.get('mine')];
    expect(view).toMatchObject({
      source: { kind: 'promote', reference: 'web' },
      kernel: parent.kernel,
      kernelVersion: FIXTURE.release,
      diskBytes: 64 * MIB,
    });
    expect(view.digest).not.toBe(parent.digest);
    expect(statSync(fileOf(view.id, 'vmlinux')).ino).toBe(statSync(fileOf(parent.id, 'vmlinux')).ino);
    expect(view.sharedBytes).toBeGreaterThan(0);
    const sectors = cat(fileOf(view.id, 'root.ext4'), '/var/lib/banger/work-sectors');
    expect(Number(sectors) * 512, 'its seed is its parent’s').toBe(
      statSync(fileOf(parent.id, 'work.ext4')).size,
    );
  });

  it('forgets what was typed when that is asked for', async () => {
    await promote({
      root: makeDisk('root', MACHINE, 64 * MIB),
      work: makeDisk('work', HOME, 64 * MIB),
      clearHistory: true,
    });
    const { workPath: seed } = await host.images.require('mine');
    expect(fileHas(seed, 'typed-here')).toBe(false);
    expect(cat(seed, '/project/file')).toBe('kept');
  });

  it('lets in the daemon, and nobody whom the machine let in', async () => {
    await promote({ root: makeDisk('root', MACHINE, 64 * MIB), work: makeDisk('work', HOME, 64 * MIB) });
    const { workPath: seed } = await host.images.require('mine');
    const { publicKey } = await host.app.get(DaemonKey, { strict: false }).get();
    expect(cat(seed, '/.ssh/authorized_keys')).toBe(`${publicKey}\n`);
    expect(debugfs(seed, 'stat /.ssh/authorized_keys')).toMatch(/Mode: +0600[\s\S]*User: +0 +Group: +0/);
  });

  it('is as large as what is in it needs, when that is more than a seed usually has', async () => {
    const work = makeDisk('work', { 'data/large': Buffer.alloc(560 * MIB, 'x') }, 2048 * MIB);
    expect(await promote({ root: makeDisk('root', MACHINE, 64 * MIB), work })).toMatchObject({
      state: 'succeeded',
    });
    const { workPath: seed, rootPath } = await host.images.require('mine');
    const { size } = statSync(seed);
    expect([size > 560 * MIB, size < 1300 * MIB]).toEqual([true, true]);
    expect(Number(cat(rootPath, '/var/lib/banger/work-sectors')) * 512).toBe(size);
  });

  it('is made of a machine that was killed while it wrote', async () => {
    const root = makeDisk('root', MACHINE, 64 * MIB);
    // as after a loss of power: what is in the journal is to be replayed, and the file system is not clean
    execFileSync('debugfs', ['-w', '-f', '-', root], {
      input: 'set_super_value state 0\nfeature needs_recovery\nunlink /etc/ssh/ssh_host_ed25519_key.pub\n',
      stdio: 'pipe',
    });
    const view = await promote({ root });
    expect(view).toMatchObject({ state: 'succeeded' });
    const image = await host.images.require('mine');
    execFileSync('e2fsck', ['-fn', image.rootPath], { stdio: 'pipe' });
    expect(fileHas(image.rootPath, SECRET), 'what the repair has put into lost+found').toBe(false);
    expect(view.warnings).toEqual(expect.arrayContaining([expect.stringContaining('was damaged')]));
  });

  it('is none, and the image of that name stays, when a disk is no file system', async () => {
    await promote({ root: makeDisk('root', MACHINE, 64 * MIB) });
    const { id } = await host.images.get('mine');
    const garbage = join(scratch, 'garbage');
    writeFileSync(garbage, 'x'.repeat(MIB));
    const view = await promote({ root: garbage, replace: true });
    expect(view).toMatchObject({
      state: 'failed',
      error: { data: { kind: 'IMAGE_CONTENT_REFUSED', details: { part: 'root disk', image: 'mine' } } },
    });
    expect((await host.images.get('mine')).id).toBe(id);
    truncateSync(garbage, 0);
    expect(await promote({ root: garbage, replace: true })).toMatchObject({ state: 'failed' });
  });

  it('is undone when it is cancelled in the middle, with the programs that were at work', async () => {
    const view = await promote({
      root: makeDisk('root', MACHINE, 64 * MIB),
      before: ({ operation }) => void host.operations.cancel(operation.id),
    });
    expect(view).toMatchObject({ state: 'cancelled' });
    await expect(host.images.get('mine')).rejects.toMatchObject({ kind: 'IMAGE_NOT_FOUND' });
    expect(readFileSync('/proc/self/mounts', 'utf8')).not.toContain(scratch);
  });

  it('is gone after a daemon that was killed in the middle, and so is the program that was at work', async () => {
    const id = newId('img');
    const directory = await host.app.get(ImageSites, { strict: false }).open(id);
    writeFileSync(workPath(directory, 'root'), 'half');
    const program = spawn('tail', ['-f', workPath(directory, 'root')], { stdio: 'ignore' });
    const ended = once(program, 'exit');
    await host.images.reconcile();
    expect(await ended).toEqual([null, 'SIGKILL']);
    expect(existsSync(directory)).toBe(false);
  });
});
