import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { pack } from 'tar-stream';
import type { Header } from 'tar-stream';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { emptyFileHeader } from '../../../src/cli/copy/tar-header.js';
import { TestHost } from '../../support/test-host.js';
import type { CommandResult } from '../../support/test-host.js';

type Member = Partial<Header> & { name: string; content?: string | Buffer; pax?: Record<string, string> };

const SPARSE = {
  'GNU.sparse.major': '1',
  'GNU.sparse.minor': '0',
  'GNU.sparse.name': './t/x',
  'GNU.sparse.realsize': '512',
};

/** The guest's own tar is replaced by one that sends what the test wants. */
describe('a hostile guest', () => {
  let host: TestHost;
  let scratch: string;
  let victim: string;
  beforeAll(async () => {
    host = await TestHost.create();
    await host.json(['vm', 'create', '--name', 'evil']);
    await inside('mkdir -p /srv/t');
  });
  beforeEach(() => {
    scratch = mkdtempSync(join(tmpdir(), 'bgr-cp-'));
    victim = join(scratch, 'victim');
    mkdirSync(victim);
    mkdirSync(join(scratch, 'here'));
  });
  afterEach(() => rmSync(scratch, { recursive: true, force: true }));
  afterAll(async () => {
    await host.banger(['vm', 'delete', '--force', 'evil']);
    await host.assertClean();
    await host.close();
  });

  async function inside(script: string, input?: Buffer): Promise<void> {
    const options = input === undefined ? {} : { input };
    const result = await host.banger(['vm', 'exec', 'evil', '--', 'sh', '-c', script], options);
    expect(result, result.stderr).toMatchObject({ exitCode: 0 });
  }

  /** What comes of a copy for which the guest sends this. */
  async function sent(members: readonly Member[], then = ''): Promise<CommandResult> {
    const archive = pack();
    for (const { content = '', ...header } of members) archive.entry(header, content);
    archive.finalize();
    await inside('cat > /srv/archive', await buffer(archive));
    await inside(
      `printf '#!/bin/sh\\ncat /srv/archive\\n${then}\\n' > /usr/local/bin/tar; chmod 755 /usr/local/bin/tar`,
    );
    return host.banger(['vm', 'cp', 'evil:/srv/t', '.'], { cwd: join(scratch, 'here'), timeoutMs: 60_000 });
  }
  const here = (): string[] => readdirSync(join(scratch, 'here'));
  const top: Member = { name: './t/', type: 'directory', mode: 0o755 };

  it('puts nothing beside the target: names that lead out of it, or were not asked for', async () => {
    for (const name of [
      './t/../../victim/x',
      '../victim/x',
      `${victim}/x`,
      './t/./x',
      './other',
      './t//x',
      't/x',
      '.',
    ])
      expect([name, await sent([top, { name, content: 'owned' }])]).toEqual([
        name,
        expect.objectContaining({ exitCode: 10, stderr: expect.stringMatching(/is not put on this host/) }),
      ]);
    expect([here(), readdirSync(victim)]).toEqual([[], []]);
  });

  it('writes through no link of its own, in one archive or in two', async () => {
    const link: Member = { name: './t/link', type: 'symlink', linkname: victim };
    const once = await sent([top, link, { name: './t/link/x', content: 'owned' }]);
    expect(once.exitCode).not.toBe(0);
    const relative: Member = { name: './t/link', type: 'symlink', linkname: '../../victim' };
    expect((await sent([top, relative, { name: './t/link/x', content: 'owned' }])).exitCode).not.toBe(0);
    const hard: Member = { name: './t/h', type: 'link', linkname: victim };
    expect((await sent([top, hard])).exitCode).toBe(10);
    expect([here(), readdirSync(victim)]).toEqual([[], []]);

    expect((await sent([top, link])).exitCode).toBe(0);
    const asDirectory: Member = { name: './t/link/', type: 'directory', mode: 0o755 };
    const twice = await sent([top, asDirectory, { name: './t/link/x', content: 'owned' }]);
    expect([twice.exitCode, twice.stderr]).toEqual([
      2,
      expect.stringMatching(/symbolic link, which is not followed/),
    ]);
    expect((await sent([top, { name: './t/link', content: 'a file takes its place' }])).exitCode).toBe(0);
    expect(readdirSync(victim)).toEqual([]);
    expect(lstatSync(join(scratch, 'here/t/link')).isFile()).toBe(true);
  });

  it('hides nothing in a file with holes', async () => {
    const hidden = emptyFileHeader('./.bashrc');
    const alone: Member = { name: './t/x', pax: { 'GNU.sparse.realsize': '0' }, content: hidden };
    // its map has one block more than there is, so that tar takes the next header for that, and its content for headers
    const map = Buffer.alloc(512).fill('1\n0\n512\n', 0, 8);
    const short: Member = { name: './t/x', pax: SPARSE, content: map };
    for (const members of [[alone], [short, { name: './t/y', content: hidden }]])
      expect(await sent([top, ...members])).toMatchObject({
        exitCode: 10,
        stderr: expect.stringMatching(/a file with holes in the archive is not what it says/),
      });
    expect(here()).toEqual([]);
  });

  it('makes no devices, fifos or set-user-ID programs', async () => {
    const result = await sent([
      top,
      { name: './t/disk', type: 'block-device', devmajor: 8, devminor: 0, mode: 0o666 },
      { name: './t/null', type: 'character-device', devmajor: 1, devminor: 3, mode: 0o666 },
      { name: './t/pipe', type: 'fifo', mode: 0o666 },
      { name: './t/su', mode: 0o6755, content: '#!/bin/sh' },
    ]);
    expect([result.exitCode, result.stderr]).toEqual([
      0,
      expect.stringMatching(/devices and fifos are not copied/),
    ]);
    expect(readdirSync(join(scratch, 'here/t'))).toEqual(['su']);
    expect(statSync(join(scratch, 'here/t/su')).mode & 0o7777).toBe(0o755);
  });

  it('is cut off where it does not end, breaks off, or talks nonsense; nothing is left', async () => {
    expect(await sent([top], 'exec cat /dev/zero')).toMatchObject({ exitCode: 10 });
    expect(await sent([top], 'echo no >&2; exit 2')).toMatchObject({
      exitCode: 10,
      stderr: expect.stringMatching(/why: no/),
    });
    await inside("printf '#!/bin/sh\\nexec yes\\n' > /usr/local/bin/tar");
    expect(await host.banger(['vm', 'cp', 'evil:/srv/t', 'here/'], { cwd: scratch })).toMatchObject({
      exitCode: 10,
    });
    await inside("printf '#!/bin/sh\\nhead -c 700 /srv/archive\\n' > /usr/local/bin/tar");
    expect(await host.banger(['vm', 'cp', 'evil:/srv/t', 'here/'], { cwd: scratch })).toMatchObject({
      exitCode: 10,
    });
    await inside(
      "printf '#!/bin/sh\\necho nonsense\\n' > /usr/local/bin/stat; chmod 755 /usr/local/bin/stat",
    );
    expect(await host.banger(['vm', 'cp', 'evil:/srv/t', 'here/'], { cwd: scratch })).toMatchObject({
      exitCode: 10,
    });
    await inside('rm /usr/local/bin/stat');
    expect([here(), existsSync(join(scratch, 'here/t'))]).toEqual([[], false]);
  });

  it('is sent what it cannot use, and says so', async () => {
    writeFileSync(join(scratch, 'file'), 'x');
    await inside("printf '#!/bin/sh\\necho broken >&2; exit 2\\n' > /usr/local/bin/tar");
    const result = await host.banger(['vm', 'cp', 'file', 'evil:/srv/', '--json'], { cwd: scratch });
    expect(JSON.parse(result.stdout)).toMatchObject({
      error: { kind: 'COPY_FAILED', details: { command: 'tar --extract', stderrTail: 'broken\n' } },
    });
  });
});
