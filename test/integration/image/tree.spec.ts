import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { newId } from '../../../src/core/ids.js';
import { ImageSites } from '../../../src/image/store/image-sites.js';
import { ImageStore } from '../../../src/image/store/image-store.js';
import { Trees } from '../../../src/image/tree/trees.js';
import type { Tree } from '../../../src/image/tree/trees.js';
import { ImageHost } from './support.js';

const PROGRAMS = ['sh', 'cat', 'id', 'ls', 'chown', 'touch', 'sleep', 'mknod', 'stat'];
let host: ImageHost;
let archive: string;
let scratch: string;

/** A root file system of programs of this host's, as a tar archive. */
function makeArchive(directory: string): string {
  const root = join(directory, 'root');
  for (const program of PROGRAMS) {
    const path = execFileSync('sh', ['-c', `readlink -f "$(command -v ${program})"`], {
      encoding: 'utf8',
    }).trim();
    const libraries = execFileSync('ldd', [path], { encoding: 'utf8' }).match(/\/[^\s:]+\.so[^\s:]*/g) ?? [];
    for (const file of libraries) {
      mkdirSync(join(root, dirname(file)), { recursive: true });
      copyFileSync(file, join(root, file));
    }
    mkdirSync(join(root, 'bin'), { recursive: true });
    copyFileSync(path, join(root, 'bin', program));
  }
  mkdirSync(join(root, 'etc'));
  mkdirSync(join(root, 'root'));
  writeFileSync(join(root, 'etc/resolv.conf'), 'its own\n');
  const path = join(directory, 'root.tar');
  execFileSync('tar', ['-C', root, '--owner=33', '--group=33', '-cf', path, '.']);
  return path;
}

beforeAll(async () => {
  scratch = mkdtempSync(join(tmpdir(), 'bgr-tree-'));
  execFileSync('chmod', ['755', scratch]);
  archive = makeArchive(scratch);
  host = await ImageHost.open();
});
afterAll(async () => {
  await host?.close();
  rmSync(scratch, { recursive: true });
});

describe('the tree of an image', () => {
  const store = (): ImageStore => host.app.get(ImageStore, { strict: false });
  const trees = (): Trees => host.app.get(Trees, { strict: false });
  let id: string;
  let tree: Tree;
  let lines: string[];

  beforeEach(async () => {
    id = newId('img');
    lines = [];
    const directory = await host.app.get(ImageSites, { strict: false }).open(id);
    const site = {
      directory,
      signal: new AbortController().signal,
      output: (line: string) => lines.push(line),
    };
    tree = await trees().make(site);
    await trees().unpack(tree, archive);
  });
  afterEach(async () => {
    await store().withdraw(id);
    expect(existsSync(tree.site.directory)).toBe(false);
    expect(existsSync(tree.path)).toBe(false);
    expect(readFileSync('/proc/mounts', 'utf8')).not.toContain(tree.path);
  });

  const enter = async (script: string, args: string[] = []): Promise<string> => {
    const { stdout } = await trees().enter(tree, { script, args, env: { GIVEN: 'a b' } });
    return stdout.toString('utf8');
  };

  it('is all that its programs see, as root of it, with its own owners', async () => {
    const seen = await enter('id -u; ls /; stat -c %u:%g /etc; cat /proc/1/comm; echo "$GIVEN|$1|$HOME"', [
      "it's",
    ]);
    expect(seen.split('\n')).toEqual([
      '0',
      ...['bin', 'dev', 'etc', 'lib', 'lib64', 'proc', 'root', 'run', 'tmp'],
      '33:33',
      'sh',
      "a b|it's|/root",
      '',
    ]);
  });

  it('lets its programs do nothing to the host, nor read what is not for everybody', async () => {
    const outside = join(scratch, 'outside');
    writeFileSync(outside, 'kept');
    const seen = await enter(
      `ls "$1" 2>&1 || echo unseen; mknod /tmp/disk b 254 0 2>&1 || echo no device; ls /proc/*/root/etc 2>&1`,
      [scratch],
    );
    expect(seen).toContain('unseen');
    expect(seen).toContain('no device');
    expect(seen).not.toContain('passwd');
    expect(readFileSync(outside, 'utf8')).toBe('kept');
  });

  it('has the resolver of the host while its programs run, and its own again afterwards', async () => {
    writeFileSync(join(scratch, 'resolv.conf'), 'nameserver 192.0.2.1\n');
    const { stdout } = await trees().enter(tree, {
      script: 'cat /etc/resolv.conf',
      resolvConf: join(scratch, 'resolv.conf'),
    });
    expect(stdout.toString()).toBe('nameserver 192.0.2.1\n');
    expect(await trees().over(tree, 'cat "$1/etc/resolv.conf"')).toMatchObject({
      stdout: Buffer.from('its own\n'),
    });
  });

  it('leaves no program running that one of its own has started', async () => {
    await enter('sleep 1234567 & sleep 1234567 > /dev/null 2>&1 < /dev/null &');
    const processes = execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' });
    expect(processes).not.toContain('sleep 1234567');
  });

  it('says so when it has no shell', async () => {
    await trees().over(tree, 'rm "$1/bin/sh"');
    await expect(enter('true')).rejects.toMatchObject({ details: { exitCode: 127 } });
    expect(lines.join('\n')).toContain('/bin/sh: No such file or directory');
  });

  it('is entered whatever links it has where banger mounts something', async () => {
    await trees().over(tree, 'cd "$1" && for x in proc dev run tmp; do ln -s /etc $x; done');
    expect(await enter('stat -c %u /proc/1 && ls /dev/null')).toBe('0\n/dev/null\n');
    await trees().over(tree, 'cd "$1" && mv etc kept && ln -s /var/tmp etc');
    await expect(enter('true')).rejects.toMatchObject({ details: { exitCode: 125 } });
  });

  it('becomes two file systems with the owners of the guest', async () => {
    await trees().over(tree, 'touch "$1/root/in-home"; chown 7:8 "$1/root/in-home"');
    await trees().makeDisks(tree, { rootBytes: 512 * 1024 ** 2, workBytes: 64 * 1024 ** 2 });
    const stat = (disk: string, path: string): string =>
      execFileSync('debugfs', ['-R', `stat ${path}`, join(tree.site.directory, disk)], { encoding: 'utf8' });
    expect(stat('root.ext4', '/etc')).toMatch(/User:\s+33\s+Group:\s+33/);
    expect(stat('work.ext4', '/in-home')).toMatch(/User:\s+7\s+Group:\s+8/);
    for (const name of ['root.ext4', 'work.ext4']) {
      const facts = lstatSync(join(tree.site.directory, name));
      expect(facts.uid).toBe(process.getuid?.());
      expect(facts.blocks * 512).toBeLessThan(facts.size / 2);
    }
  });

  it('gives up nothing but plain files', async () => {
    await trees().over(tree, 'ln -s /etc/shadow "$2/link"');
    await expect(trees().take(tree, 'link', 'taken')).rejects.toThrow('is no file');
    symlinkSync('/nowhere', join(tree.site.directory, 'taken'));
  });
});
