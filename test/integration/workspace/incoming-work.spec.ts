import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { SshConnection } from '../../../src/core/ssh/index.js';
import { fingerprint, shell, state, WorkspaceBench } from './support/workspace.js';

const CHANGES = `
printf 'from the guest\\n' >> b.txt; git rm -q dir/c.txt; printf '\\000\\001' > image.bin; git add -A
git -c user.name=Agent -c user.email=agent@example.com commit -q -m 'Work of the agent' --date '2020-01-02T03:04:05+0100'
printf 'not committed\\n' >> a.txt; printf 'untracked\\n' > 'new file'; chmod +x b.txt; ln -s a.txt link`;

describe('the work of a guest', () => {
  let bench: WorkspaceBench;
  beforeAll(async () => {
    bench = await WorkspaceBench.start();
  });
  afterEach(() => {
    expect(bench.leftovers).toEqual([]);
  });
  afterAll(() => bench.stop());

  it('arrives with its commits, and what is not committed as one more; host and guest stay as they are', async () => {
    const path = await bench.repository('whole', 'printf dirty > a.txt');
    const { warnings: _warnings, ...workspace } = await bench.import(path);
    shell(workspace.guestPath, CHANGES);
    const before = [fingerprint(path), state(workspace.guestPath)];
    const expected = shell(
      workspace.guestPath,
      'cp .git/index ../i; export GIT_INDEX_FILE=../i; git add -A; git write-tree; rm ../i',
    ).trim();
    await bench.work(workspace, async (work, { git }) => {
      const signal = new AbortController().signal;
      expect(work).toMatchObject({
        base: workspace.head,
        branch: 'main',
        uncommitted: true,
        commits: 2,
        tree: expected,
      });
      const log = await git.run(['log', '--format=%an %ad %s', '--date=iso', `${work.base}..${work.tip}^`], {
        signal,
      });
      expect(log.toString()).toBe('A U Thor 2020-01-02 03:04:05 +0100 Work of the agent\n');
      const tip = await git.run(['log', '-1', '--format=%an %s', work.tip ?? ''], { signal });
      expect(tip.toString()).toBe('Agent Uncommitted work of VM web\n');
    });
    expect([fingerprint(path), state(workspace.guestPath)]).toEqual(before);
  });

  it.each([
    ['a git directory elsewhere', 'git init -q --separate-git-dir=../kept .', 'main', 0],
    ['a detached HEAD', 'git checkout -q --detach', undefined, 0],
    ['a HEAD that is a link', 'ln -sf refs/heads/main .git/HEAD', 'main', 0],
    ['HEAD as somebody wrote it', "printf 'ref:  refs/heads/main \\n' > .git/HEAD", 'main', 0],
    ['another branch, packed', 'git checkout -q -b a/b; git pack-refs --all --prune', 'a/b', 0],
    ['a repository inside that has no commit', 'git init -q "in ner"', 'main', 1],
    [
      'repositories inside',
      'for n in 1 2; do git init -q $n; (cd $n; git commit -q --allow-empty -m x); done',
      'main',
      2,
    ],
    [
      'lines that git would end otherwise',
      "git config core.autocrlf input; printf 'x\\r\\n' > crlf",
      'main',
      0,
    ],
  ])('arrives from a repository of any kind: %s', async (name, script, branch, inner) => {
    const path = await bench.repository(`kind ${name}`, '');
    const { warnings: _warnings, ...workspace } = await bench.import(path);
    shell(workspace.guestPath, `set -e; ${script}; echo more >> a.txt; echo new > 'the new'`);
    await bench.work(workspace, async (work, { git }) => {
      const signal = new AbortController().signal;
      const names = await git.run(['diff', '--name-only', work.base ?? '', work.tip ?? ''], { signal });
      const others = name.startsWith('lines') ? ['crlf'] : [];
      expect(names.toString().trim().split('\n')).toEqual(['a.txt', ...others, 'the new']);
      expect([work.branch, work.uncommitted, work.warnings.length]).toEqual([
        branch,
        true,
        inner > 0 ? 1 : 0,
      ]);
      if (inner > 1) expect(work.warnings[0]).toContain(`${inner} repositories`);
    });
  });

  it.each([
    ['without its .git', 'rm -r .git', 'is no longer a repository'],
    ['damaged', 'rm .git/HEAD', 'is no longer a repository'],
    ['gone', 'rm -r "$PWD"', 'is no longer there'],
  ])('cannot be told of a repository that is %s', async (name, script, said) => {
    const path = await bench.repository(`spoilt ${name}`, '');
    const { warnings: _warnings, ...workspace } = await bench.import(path);
    shell(workspace.guestPath, script);
    await expect(bench.work(workspace, async () => undefined)).rejects.toMatchObject({
      kind: 'WORKSPACE_WORK_UNREADABLE',
      why: expect.stringContaining(said),
    });
  });

  // Whoever had filled the disk of a VM could not get the work out.
  it('arrives from a guest whose disk is full', async () => {
    const path = await bench.repository('full', '');
    const { warnings: _warnings, ...workspace } = await bench.import(path);
    shell(workspace.guestPath, 'echo more >> a.txt');
    const shims = join(bench.directory, 'shims');
    mkdirSync(shims);
    const full = 'case "$*" in *" /var/tmp/"*) exit 1 ;; esac';
    writeFileSync(join(shims, 'mktemp'), `#!/bin/sh\n${full}\nexec /usr/bin/mktemp "$@"\n`, { mode: 0o755 });
    const ssh = {
      open: ({ line }: { line: string }) =>
        bench.ssh.open({ line: `PATH=${shims}:$PATH; export PATH; ${line}` }),
    } as unknown as SshConnection;
    await bench.work(workspace, async (work) => expect(work).toMatchObject({ commits: 1 }), { ssh });
    expect(readdirSync('/dev/shm').filter((name) => name.startsWith('banger-'))).toEqual([]);
  });

  it('is none where nothing was done', async () => {
    const path = await bench.repository('idle', '');
    const workspace = await bench.import(path);
    await bench.work(workspace, async (work) => {
      expect(work).toMatchObject({ tip: workspace.head, uncommitted: false, commits: 0 });
    });
  });
});
