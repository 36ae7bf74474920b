import { spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createHash, randomFillSync } from 'node:crypto';
import {
  closeSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { fingerprint, makeOddTree } from '../../support/file-tree.js';
import { SmallFilesystem } from '../../support/small-filesystem.js';
import { TestHost } from '../../support/test-host.js';
import type { CommandResult } from '../../support/test-host.js';

const MIB = 1024 * 1024;
/** what 20,000 tell as well, in a tenth of the time; so many are measured by `npm run bench -- copy` */
const FILES = 2_000;
const isRoot = process.getuid?.() === 0;

describe('banger vm cp', () => {
  let host: TestHost;
  let scratch: string;
  beforeAll(async () => {
    host = await TestHost.create();
    await host.json(['vm', 'create', '--name', 'web']);
  });
  beforeEach(() => {
    scratch = mkdtempSync(join(tmpdir(), 'bgr-cp-'));
  });
  afterEach(async () => {
    rmSync(scratch, { recursive: true, force: true });
    await host.banger([
      'vm',
      'exec',
      'web',
      '--',
      'sh',
      '-c',
      'rm -rf /srv/* /srv/.[!.]* /usr/local/bin/tar',
    ]);
  });
  afterAll(async () => {
    await host.banger(['vm', 'delete', '--force', 'web']);
    await host.assertClean();
    await host.close();
  });

  const cp = (...paths: string[]): Promise<CommandResult> =>
    host.banger(['vm', 'cp', ...paths], { cwd: scratch });
  const done = async (...paths: string[]): Promise<CommandResult> => {
    const result = await cp(...paths);
    expect(result, result.stderr).toMatchObject({ exitCode: 0, stdout: '' });
    return result;
  };
  async function inside(script: string): Promise<string> {
    const result = await host.banger(['vm', 'exec', 'web', '--', 'sh', '-c', script]);
    expect(result, result.stderr).toMatchObject({ exitCode: 0 });
    return result.stdout.trim();
  }

  it(`${FILES} files with odd names come back as they went: content, mode, time to the nanosecond, links`, async () => {
    makeOddTree(join(scratch, 'tree'), FILES);
    const before = fingerprint(join(scratch, 'tree'));
    expect(before.length).toBeGreaterThan(FILES);
    await done('tree', 'web:/srv/');
    expect(
      await inside(
        'cd /srv/tree; find . -mindepth 1 | tr -cd "\\n" | wc -c; find . ! -user root | wc -l; ls -A /srv',
      ),
    ).toMatch(/\n0\ntree$/);
    await done('web:/srv/tree', 'back');
    expect(fingerprint(join(scratch, 'back')).join('\n') === before.join('\n')).toBe(true);
    expect(readdirSync(scratch).toSorted()).toEqual(['back', 'tree']);
  });

  it('holes stay holes, hard links one file; no file of the guest’s becomes set-user-ID here', async () => {
    mkdirSync(join(scratch, 'some/empty'), { recursive: true });
    writeFileSync(join(scratch, 'some/holes'), 'begin');
    truncateSync(join(scratch, 'some/holes'), 200 * MIB);
    writeFileSync(join(scratch, 'some/tool'), '#!/bin/sh\n', { mode: 0o755 });
    linkSync(join(scratch, 'some/tool'), join(scratch, 'some/same'));
    await done('some', 'web:/srv/new');
    expect(
      await inside('stat -c "%s" /srv/new/holes; du -k /srv/new/holes | cut -f1; chmod 6755 /srv/new/tool'),
    ).toMatch(/^209715200\n\d{1,2}$/);
    await done('web:/srv/new/.', 'web.d');
    expect(readdirSync(join(scratch, 'web.d')).toSorted()).toEqual(['empty', 'holes', 'same', 'tool']);
    const { size, blocks } = statSync(join(scratch, 'web.d/holes'));
    expect([size, blocks < 64]).toEqual([200 * MIB, true]);
    const tool = statSync(join(scratch, 'web.d/tool'));
    expect([tool.mode & 0o7777, tool.nlink]).toEqual([0o755, 2]);
  });

  it('goes where cp -r would, and says why where it cannot', async () => {
    mkdirSync(join(scratch, 'd'));
    writeFileSync(join(scratch, 'd/one'), '1');
    writeFileSync(join(scratch, '-two'), '2');
    await done('d', 'web:/srv/x');
    await done('d', 'web:/srv/x');
    await done('d/.', 'web:/srv/x');
    await done('--', '-two', 'd/one', 'web:/srv/x/d/');
    await done('d/one', 'web:/srv/x/renamed');
    expect(await inside('cd /srv/x; find . | sort | tr "\\n" " "')).toBe(
      '. ./d ./d/-two ./d/one ./one ./renamed',
    );
    await inside('echo new > /srv/x/d/one; echo more > /srv/x/d/more');
    await done('web:/srv/x/d', '.');
    expect(readFileSync(join(scratch, 'd/one'), 'utf8')).toBe('new\n');
    expect(readdirSync(join(scratch, 'd')).toSorted()).toEqual(['-two', 'more', 'one']);
    expect(await cp('web:/srv/x/one', '-')).toMatchObject({ exitCode: 0, stdout: '1' });
    const sent = await host.banger(['vm', 'cp', '-', 'web:/srv/in'], { input: 'typed' });
    expect([sent.exitCode, await inside('cat /srv/in')]).toEqual([0, 'typed']);

    const full = openSync('/dev/full', 'w');
    const unwritten = host.spawn(['vm', 'cp', 'web:/srv/in', '-'], { stdio: ['ignore', full, 'pipe'] });
    let told = '';
    unwritten.stderr?.on('data', (chunk: Buffer) => (told += chunk.toString()));
    expect(await new Promise((resolve) => unwritten.once('close', resolve))).toBe(9);
    expect(told.match(/^banger: .*/gm), 'told once').toEqual([
      'banger: its output could not be written (ENOSPC)',
    ]);
    closeSync(full);

    const refused = async (exitCode: number, message: RegExp, ...paths: string[]): Promise<void> => {
      const result = await cp(...paths);
      expect([result.exitCode, result.stderr]).toEqual([exitCode, expect.stringMatching(message)]);
    };
    await refused(3, /there is no "\/nowhere" in the VM web/, 'web:/nowhere', '.');
    await refused(3, /there is no "nothing" on this host/, 'nothing', 'web:/srv');
    await refused(2, /its directory \/srv\/no is not there/, 'd/one', 'web:/srv/no/one');
    await refused(2, /its directory no is not there/, 'web:/srv/x', 'no/where');
    await refused(2, /and no directory/, 'd', 'web:/srv/x/one');
    await refused(2, /it is there, and no directory/, 'web:/srv/x/.', 'd/one');
    await refused(2, /several things need a directory/, 'web:/srv/in', 'web:/srv/x', 'nowhere');
    await refused(2, /neither side is in a VM/, 'd', 'e');
    await refused(3, /there is no VM called "other"/, 'd', 'other:/');
    // nothing is left of them anywhere that files are copied to; to look through /usr takes longer than the rest of it
    expect(await inside('ls -A /srv; find / -xdev -path /usr -prune -o -name ".banger-*" -print')).toBe(
      'in\nx',
    );
  });

  it('waits for nobody: a stdin that gives nothing after SIGTERM, a reader of stdout that has gone', async () => {
    const typing = host.spawn(['vm', 'cp', '-', 'web:/srv/typed'], { stdio: ['pipe', 'ignore', 'pipe'] });
    let said = '';
    typing.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString()));
    const cancelled = new Promise((resolve) => typing.once('close', resolve));
    typing.stdin?.write('some');
    await expect
      .poll(() => inside('cat /srv/.typed.banger-part 2>/dev/null || :'), { timeout: 30_000 })
      .toBe('some');
    typing.kill('SIGTERM');
    expect([await cancelled, said]).toEqual([
      130,
      expect.stringMatching(/what comes from stdin is not gone on/),
    ]);

    await inside('head -c 3M /dev/zero > /srv/zeros');
    const left = host.spawn(['vm', 'cp', 'web:/srv/zeros', '-'], { stdio: ['ignore', 'pipe', 'ignore'] });
    left.stdout?.once('data', () => left.stdout?.destroy());
    expect(await new Promise((resolve) => left.once('exit', resolve))).toBe(141);
  });

  it('takes names in the VM of any bytes', async () => {
    /** Node gives no program bytes that are no UTF-8; xargs does. */
    const bytesCp = (input: string, ...words: string[]): void => {
      const args = Buffer.from(['vm', 'cp', ...words, ''].join('\0'), 'latin1');
      const run = spawnSync('xargs', ['-0', 'sh', '-c', 'printf %s "$0" | exec "$@"', input, host.launcher], {
        ...{ input: args, env: host.env, cwd: scratch },
      });
      expect(run.status, run.stderr.toString()).toBe(0);
    };
    await inside('cd /srv; mkdir "$(printf \'\\376\')"; echo one > "$(printf \'\\376/\\377\')"');
    bytesCp('', 'web:/srv/\xfe', '.');
    bytesCp('', 'web:/srv/\xfe/\xff', '.');
    bytesCp('typed', '-', 'web:/srv/\xfd');
    expect(readdirSync(scratch, 'latin1').toSorted()).toEqual(['\xfe', '\xff']);
    const one = Buffer.from(`${scratch}/\xfe/\xff`, 'latin1');
    expect([
      readFileSync(one, 'utf8'),
      await inside('cat "$(printf \'/srv/\\375\')"; ls -A /srv | wc -l'),
    ]).toEqual(['one\n', 'typed2']);
  });

  describe('a large file', () => {
    const SIZE = 66 * MIB;
    let sum: string;
    beforeEach(() => {
      const bytes = randomFillSync(Buffer.allocUnsafe(SIZE));
      sum = createHash('sha256').update(bytes).digest('hex');
      writeFileSync(join(scratch, 'big'), bytes, { mode: 0o640 });
    });

    const begin = (...paths: string[]): { child: ChildProcess; ended: Promise<[number | null, string]> } => {
      const child = host.spawn(['vm', 'cp', ...paths], { cwd: scratch, stdio: ['ignore', 'ignore', 'pipe'] });
      let stderr = '';
      child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
      const ended = new Promise<[number | null, string]>((resolve) =>
        child.once('close', (code) => resolve([code, stderr])),
      );
      return { child, ended };
    };

    it('is gone on with: into the VM after Ctrl-C, out of it after a kill -9; copied anew where what is left is not its beginning; it has its name only when whole', async () => {
      await inside('head -c 1000000 /dev/zero > /srv/.big.banger-part');
      const going = begin('big', 'web:/srv/big');
      await expect
        .poll(() => inside('stat -c %s /srv/.big.banger-part 2>/dev/null || echo 0').then(Number), {
          timeout: 60_000,
        })
        .toBeGreaterThan(8 * MIB);
      expect(await cp('big', 'web:/srv/big'), 'two to one target').toMatchObject({ exitCode: 4 });
      going.child.kill('SIGINT');
      const [status, said] = await going.ended;
      expect([status, said]).toEqual([
        130,
        expect.stringMatching(/copied anew[\s\S]*kept in web:\/srv\/\.big\.banger-part/),
      ]);
      await expect.poll(() => inside('ls -A /srv'), { timeout: 30_000 }).toBe('.big.banger-part');
      expect((await done('big', 'web:/srv/big')).stderr).toMatch(/going on where an earlier copy stopped/);
      expect(await inside('sha256sum < /srv/big; stat -c %a /srv/big; ls -A /srv')).toBe(
        `${sum}  -\n640\nbig`,
      );

      const coming = begin('web:/srv/big', 'out');
      const part = join(scratch, '.out.banger-part');
      await expect
        .poll(() => existsSync(part) && statSync(part).size, { timeout: 60_000 })
        .toBeGreaterThan(8 * MIB);
      coming.child.kill('SIGKILL');
      await coming.ended;
      expect(existsSync(join(scratch, 'out'))).toBe(false);
      expect((await done('web:/srv/big', 'out')).stderr).toMatch(/going on where an earlier copy stopped/);
      const [before, after] = [
        statSync(join(scratch, 'big'), { bigint: true }),
        statSync(join(scratch, 'out'), { bigint: true }),
      ];
      expect([after.mtimeNs, after.mode]).toEqual([before.mtimeNs, before.mode]);
      expect(
        createHash('sha256')
          .update(readFileSync(join(scratch, 'out')))
          .digest('hex'),
      ).toBe(sum);
      expect(readdirSync(scratch).toSorted()).toEqual(['big', 'out']);
    });
  });

  describe.skipIf(!isRoot)('a full disk of this host', () => {
    let small: SmallFilesystem;
    beforeEach(() => {
      small = new SmallFilesystem(join(scratch, 'small'), 8);
    });
    afterEach(() => small.unmount());

    /** Skipped without root: a small file system has to be mounted. */
    it('fails a copy with what to do, and nothing of it is left', async () => {
      await inside(
        'mkdir /srv/t; for i in 1 2 3 4; do head -c 3M /dev/urandom > /srv/t/$i; done; cat /srv/t/* > /srv/one',
      );
      for (const source of ['web:/srv/t', 'web:/srv/one']) {
        const full = await cp(source, 'small/x');
        expect([full.exitCode, full.stderr]).toEqual([
          9,
          expect.stringMatching(/no space is left on the file system of small/),
        ]);
        expect(readdirSync(join(scratch, 'small'))).toEqual([]);
      }
    });

    /** It had room at the beginning: others take it meanwhile. It waited for ever. */
    it('ends the copy of a large file that fills it, which is gone on with when there is room', async () => {
      const roomy = new SmallFilesystem(join(scratch, 'roomy'), 90);
      try {
        await inside('yes banger | head -c 66M > /srv/big');
        const child = host.spawn(['vm', 'cp', 'web:/srv/big', 'roomy/'], { cwd: scratch, stdio: 'ignore' });
        const ended = new Promise((resolve) => child.once('close', resolve));
        const part = join(scratch, 'roomy/.big.banger-part');
        await expect
          .poll(() => existsSync(part) && statSync(part).size, { timeout: 60_000 })
          .toBeGreaterThan(8 * MIB);
        roomy.fillUp();
        expect(await ended).toBe(9);
        roomy.relieve();
        expect((await done('web:/srv/big', 'roomy/')).stderr).toMatch(
          /going on where an earlier copy stopped/,
        );
        expect(readdirSync(join(scratch, 'roomy'))).toEqual(['big']);
      } finally {
        roomy.unmount();
      }
    });
  });

  it('a VM that is stopped is refused with what to do; one that is suspended is woken', async () => {
    writeFileSync(join(scratch, 'file'), 'content');
    await host.json(['vm', 'suspend', 'web']);
    await done('file', 'web:/srv/');
    expect(await inside('cat /srv/file')).toBe('content');
    await host.json(['vm', 'kill', 'web']);
    const refused = await cp('web:/srv/file', '.');
    expect([refused.exitCode, refused.stderr]).toEqual([4, expect.stringMatching(/fix: start it first/)]);
  });
});
