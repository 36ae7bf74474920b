import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { SshConnection } from '../../../src/core/ssh/index.js';
import { whyNoSshd } from '../ssh/support/sshd.js';
import { fingerprint, shell, WorkspaceBench } from './support/workspace.js';

const reason = whyNoSshd();
const NOBODY = 65_534;

describe.skipIf(reason !== undefined)(
  `importing what cannot be${reason === undefined ? '' : `: ${reason}`}`,
  () => {
    let bench: WorkspaceBench;
    beforeAll(async () => {
      bench = await WorkspaceBench.start();
    });
    afterAll(() => bench.stop());
    afterEach(() => expect(bench.leftovers).toEqual([]));

    const never = new AbortController().signal;

    it('says how to go on without a repository', async () => {
      const path = join(bench.directory, 'plain');
      await mkdir(path);
      await expect(bench.importer.inspect({ path }, never)).rejects.toMatchObject({
        kind: 'WORKSPACE_NOT_A_REPOSITORY',
        details: { path },
        fix: expect.stringMatching(/git init.*leave PATH out/),
      });
    });

    it('names what is wrong with a path', async () => {
      const file = join(bench.directory, 'file');
      await writeFile(file, '');
      const bare = join(bench.directory, 'bare.git');
      shell(bench.directory, `git init -q --bare ${bare}; mkdir broken; echo nonsense > broken/.git`);
      const repository = await bench.repository('inside', '');
      const cases: [path: string, reason: RegExp][] = [
        ['relative/path', /not absolute/],
        [join(bench.directory, 'missing'), /does not exist/],
        [file, /not a directory/],
        [bare, /bare repository/],
        [`${repository}/.git`, /\.git directory|work tree/],
        [join(bench.directory, 'broken'), /invalid gitfile/],
      ];
      for (const [path, why] of cases) {
        await expect(bench.importer.inspect({ path }, never), path).rejects.toMatchObject({
          kind: 'WORKSPACE_PATH_INVALID',
          details: { path, reason: expect.stringMatching(why) },
        });
      }
    });

    it('refuses a directory of which git takes another working tree', async () => {
      const outer = await bench.repository(
        'outer',
        'mkdir -p hollow/.git hollow/deep; echo x > hollow/deep/x; mkdir other; git init -q elsewhere; git -C elsewhere config core.worktree ../..',
      );
      for (const inner of ['hollow', 'hollow/deep', 'elsewhere']) {
        const path = join(outer, inner);
        await expect(bench.importer.inspect({ path }, never), path).rejects.toMatchObject({
          kind: 'WORKSPACE_PATH_INVALID',
          details: { path, reason: expect.stringContaining(`git finds from there is ${outer}`) },
          fix: expect.stringContaining('core.worktree'),
        });
      }
    });

    it('leaves what is in the guest already as it is', async () => {
      const path = await bench.repository('taken', '');
      await mkdir(join(bench.guestBase, 'taken'));
      await writeFile(join(bench.guestBase, 'taken', 'mine'), 'mine');
      await expect(bench.import(path)).rejects.toMatchObject({
        kind: 'WORKSPACE_TARGET_TAKEN',
        details: { vm: 'web', path: join(bench.guestBase, 'taken') },
      });
      expect(existsSync(join(bench.guestBase, 'taken', 'mine'))).toBe(true);
    });

    it.each([
      ['check-disk', 'give the VM a larger disk: --disk'],
      ['check-work-disk', 'give the VM a larger work disk: --work-disk'],
    ])('says which disk to ask more of, by the step that failed: %s', async (step, fix) => {
      const path = await bench.repository(`no room, ${step}`, '');
      const plan = await bench.importer.inspect({ path }, never);
      const failing = { open: () => bench.ssh.open({ line: `echo 'banger-step: ${step}' >&2; exit 1` }) };
      const progress = { detail: () => undefined };
      await expect(
        bench.importer.import(plan, { vm: 'web', ssh: failing as unknown as SshConnection }, progress, never),
      ).rejects.toMatchObject({ kind: 'WORKSPACE_IMPORT_FAILED', details: { step }, fix });
    });

    it('removes what it began when it is cancelled', async () => {
      const path = await bench.repository('cancelled', 'head -c 20000000 /dev/urandom > big');
      const stop = new AbortController();
      const plan = await bench.importer.inspect({ path }, never);
      const step = { detail: (_text: string, progress?: number) => progress !== undefined && stop.abort() };
      await expect(
        bench.importer.import(plan, { vm: 'web', ssh: bench.ssh }, step as never, stop.signal),
      ).rejects.toMatchObject({
        kind: 'CANCELLED',
      });
      for (let tries = 0; tries < 100 && existsSync(plan.view.guestPath); tries += 1) await delay(50);
      expect(existsSync(plan.view.guestPath)).toBe(false);
    });

    it('estimates at least what the guest needs', async () => {
      const path = await bench.repository(
        'estimate',
        'head -c 5000000 /dev/urandom > big; mkdir many; for i in $(seq 200); do echo $i > many/$i; done',
      );
      const { estimatedBytes } = await bench.importer.inspect({ path }, never);
      const { guestPath } = await bench.import(path);
      const used = Number(execFileSync('du', ['-sk', guestPath]).toString().split('\t')[0]) * 1024;
      expect(estimatedBytes).toBeGreaterThan(used);
      expect(estimatedBytes).toBeLessThan(3 * used);
    });

    it('works as the owner of the repository, whose config runs nothing as root', async () => {
      const path = await bench.repository(
        'owned',
        'echo x >> a.txt; echo n > new; git config filter.evil.clean "touch /tmp/never"; echo "*.txt filter=evil" > .git/info/attributes; ln -s /etc/shadow .git/info/sparse-checkout; rm .git/info/exclude; ln -s /etc/shadow .git/info/exclude',
      );
      execFileSync('chown', ['-hR', `${NOBODY}:${NOBODY}`, path]);
      const before = fingerprint(path);
      const view = await bench.import(path);
      expect(fingerprint(path)).toBe(before);
      expect(existsSync(join(view.guestPath, '.git/info/exclude'))).toBe(false);
      expect(shell(view.guestPath, 'git status --porcelain')).toBe(' M a.txt\n?? new\n');
      expect(existsSync('/tmp/never')).toBe(false);
    });

    it('does not read what the owner of the repository may not', async () => {
      const path = await bench.repository('unreadable', 'echo secret > secret; chmod 600 secret');
      execFileSync('chown', ['-R', `${NOBODY}:${NOBODY}`, path]);
      execFileSync('chown', ['0:0', join(path, 'secret')]);
      await expect(bench.import(path)).rejects.toMatchObject({
        kind: 'WORKSPACE_IMPORT_FAILED',
        details: { step: 'git update-index', stderrTail: expect.stringContaining('secret') },
      });
    });

    it('sweeps what a daemon that was killed left, and nothing else', async () => {
      const dead = join(bench.scratchParent, 'bgr-import-4194999-abcdef');
      const living = join(bench.scratchParent, `bgr-import-${process.pid}-abcdef`);
      for (const path of [dead, living]) await mkdir(join(path, 'objects'), { recursive: true });
      execFileSync('chown', ['-R', `${NOBODY}:${NOBODY}`, dead]);
      await bench.directories.onModuleInit();
      expect([existsSync(dead), existsSync(living)]).toEqual([false, true]);
      await rm(living, { recursive: true });
    });

    it('streams a file of 512 MiB in bounded memory', async () => {
      const path = await bench.repository('zeros', 'head -c 536870912 /dev/zero > zeros');
      let peak = 0;
      const timer = setInterval(() => (peak = Math.max(peak, process.memoryUsage().rss)), 50);
      const before = process.memoryUsage().rss;
      const view = await bench.import(path);
      clearInterval(timer);
      expect(peak - before).toBeLessThan(200 * 1024 * 1024);
      expect(shell(view.guestPath, 'stat -c %s zeros; git status --porcelain')).toBe('536870912\n?? zeros\n');
    }, 180_000);
  },
);
