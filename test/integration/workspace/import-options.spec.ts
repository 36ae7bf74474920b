import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { whyNoSshd } from '../ssh/support/sshd.js';
import { fingerprint, shell, state, WorkspaceBench } from './support/workspace.js';

const reason = whyNoSshd();

/** A history with a merge, a tag of each kind, a remote and two branches. */
const HISTORY = `
for i in 1 2 3 4; do echo $i >> a.txt; git commit -q -am "c$i"; done
git checkout -q -b side HEAD~2; echo side > side.txt; git add side.txt; git commit -q -m side
git checkout -q main; git merge -q --no-edit side; git tag light; git tag -a -m noted heavy
git update-ref refs/remotes/origin/main HEAD~1; git symbolic-ref refs/remotes/origin/HEAD refs/remotes/origin/main
echo last >> b.txt; git commit -q -am last; echo dirty >> b.txt; echo new > new`;

describe.skipIf(reason !== undefined)(
  `options of an import${reason === undefined ? '' : `: ${reason}`}`,
  () => {
    let bench: WorkspaceBench;
    beforeAll(async () => {
      bench = await WorkspaceBench.start();
    });
    afterAll(() => bench.stop());
    afterEach(() => expect(bench.leftovers).toEqual([]));

    const log = (path: string, args = ''): string[] =>
      shell(path, `git log --format=%H ${args}`).trim().split('\n').toSorted();
    const refs = (path: string): string =>
      shell(path, 'git for-each-ref --format="%(refname) %(objectname) %(symref)"');

    it.each([1, 2, 3, 4, 100])('has as much history as git clone --depth: %i', async (depth) => {
      const path = await bench.repository(`depth ${depth}`, HISTORY);
      const before = fingerprint(path);
      const { guestPath } = await bench.import(path, { depth });
      expect(fingerprint(path)).toBe(before);
      const clone = join(bench.directory, `clone ${depth}`);
      shell(bench.directory, `git clone -q --depth ${depth} --branch main 'file://${path}' '${clone}'`);
      expect(log(guestPath)).toEqual(log(clone));
      const ends = (directory: string): string[] =>
        shell(directory, 'cat .git/shallow 2>/dev/null || true').split('\n').toSorted();
      expect(ends(guestPath)).toEqual(ends(clone));
      expect(state(guestPath)).toEqual(state(path));
      shell(guestPath, 'git fsck --strict');
    });

    it('brings all history, branches, tags and what it knows of remotes in mode full', async () => {
      const path = await bench.repository('full', HISTORY);
      const before = fingerprint(path);
      const { guestPath, mode } = await bench.import(path, { mode: 'full' });
      expect(mode).toBe('full');
      expect(refs(guestPath)).toBe(refs(path));
      expect(log(guestPath, '--all')).toEqual(log(path, '--all'));
      expect(state(guestPath)).toEqual(state(path));
      expect(fingerprint(path)).toBe(before);
      shell(guestPath, 'git fsck --strict');
    });

    it('brings a shallow clone as the shallow one that it is, in mode full', async () => {
      const origin = await bench.repository('origin', HISTORY);
      const path = join(bench.directory, 'shallow');
      shell(bench.directory, `git clone -q --depth 3 'file://${origin}' '${path}'`);
      const { guestPath } = await bench.import(path, { mode: 'full' });
      expect(log(guestPath, '--all')).toEqual(log(path, '--all'));
      const { guestPath: deep } = await bench.import(path, { depth: 10, at: 'deep' });
      expect(log(deep)).toEqual(log(path));
    });

    it('brings files without history in mode metadata, and work on them arrives on the real commit', async () => {
      const path = await bench.repository('metadata', HISTORY);
      const before = fingerprint(path);
      const view = await bench.import(path, { mode: 'metadata' });
      const { guestPath } = view;
      expect(view.head).toBe(shell(path, 'git rev-parse HEAD').trim());
      expect(shell(guestPath, 'git log --all --format="%an %s %P"').trim()).toBe(
        'banger The files as they were imported, without their history',
      );
      const { head: _ours, ...mine } = state(path);
      const { head: _theirs, ...theirs } = state(guestPath);
      expect(theirs).toEqual({ ...mine, status: expect.any(String) });
      const changes =
        'git status --porcelain; git diff --cached --raw -z --no-renames; git diff --raw -z --no-renames';
      expect(shell(guestPath, changes)).toBe(shell(path, changes));
      shell(guestPath, 'git -c user.name=A -c user.email=a@b commit -q -am work');
      await bench.work(view, async ({ base, commits }) => {
        expect({ base, commits }).toEqual({ base: view.head, commits: 2 });
      });
      expect(fingerprint(path)).toBe(before);
    });

    it.each([
      ['a local branch', 'side', 'refs/heads/side', undefined],
      ['a tag', 'heavy', '', undefined],
      ['a commit', 'main~3', '', undefined],
      ['a commit, on a new branch', 'light', 'refs/heads/agent/one', 'agent/one'],
    ])('imports %s, clean', async (name, from, head, branch) => {
      const path = await bench.repository(`from ${name}`, HISTORY);
      const view = await bench.import(path, { from, ...(branch !== undefined && { branch }) });
      const { guestPath } = view;
      expect(shell(guestPath, 'git rev-parse HEAD')).toBe(shell(path, `git rev-parse '${from}^{commit}'`));
      expect(shell(guestPath, 'git symbolic-ref -q HEAD || true').trim()).toBe(head);
      expect(view.branch).toBe(head === '' ? undefined : head.slice('refs/heads/'.length));
      expect(shell(guestPath, 'git status --porcelain')).toBe('');
      expect(shell(path, 'git status --porcelain')).not.toBe('');
    });

    it('says which ref is not there, and which branch is taken', async () => {
      const path = await bench.repository('refs', HISTORY);
      for (const from of ['nowhere', '^main', 'main..side', 'main:a.txt'])
        await expect(bench.import(path, { from }), from).rejects.toMatchObject({
          kind: 'WORKSPACE_PATH_INVALID',
          details: { reason: expect.stringContaining(JSON.stringify(from)) },
        });
      for (const branch of ['side', 'side/below'])
        await expect(bench.import(path, { branch, mode: 'full' }), branch).rejects.toMatchObject({
          kind: 'WORKSPACE_PATH_INVALID',
          details: { reason: expect.stringContaining('has a branch side already') },
        });
      expect(existsSync(join(bench.guestBase, 'refs'))).toBe(false);
    });

    it('makes a branch, with what is not committed on top', async () => {
      const path = await bench.repository('branched', HISTORY);
      const view = await bench.import(path, { branch: 'try-1' });
      expect(view.branch).toBe('try-1');
      expect(shell(view.guestPath, 'git symbolic-ref HEAD').trim()).toBe('refs/heads/try-1');
      expect(state(view.guestPath).status).toBe(state(path).status);
      const unborn = await bench.repository('unborn', 'echo x > x', { empty: true });
      const { guestPath } = await bench.import(unborn, { branch: 'first' });
      expect(shell(guestPath, 'git symbolic-ref HEAD; cat x')).toBe('refs/heads/first\nx\n');
    });

    it('lies where it is told to', async () => {
      const path = await bench.repository('placed', '');
      const at = async (place: string): Promise<string> =>
        (await bench.importer.inspect({ path, at: place }, new AbortController().signal)).view.guestPath;
      expect(await at('./src//app/')).toBe(`${bench.guestBase}/src/app`);
      expect(await at('/srv/x y')).toBe('/srv/x y');
      for (const wrong of ['../up', '/a/../b', '/', 'a/.git/b', 'a\tb'])
        await expect(at(wrong), wrong).rejects.toMatchObject({ kind: 'WORKSPACE_PATH_INVALID' });
      const { guestPath, workingDirectory } = await bench.import(`${path}/dir`, { at: 'deep/er/place' });
      expect([guestPath, workingDirectory]).toEqual([
        `${bench.guestBase}/deep/er/place`,
        `${bench.guestBase}/deep/er/place/dir`,
      ]);
    });

    it('leaves out what git does not track when told to', async () => {
      const path = await bench.repository(
        'tracked only',
        'echo x > x; mkdir d; git init -q d/inner; echo y >> a.txt',
      );
      const { guestPath } = await bench.import(path, { includeUntracked: false });
      expect(shell(guestPath, 'git status --porcelain')).toBe(' M a.txt\n');
    });

    it('leaves out files by pattern: git status is clean for them, and what is in them does not travel', async () => {
      const path = await bench.repository(
        'excluded',
        `mkdir -p secret/deep; echo password > secret/key; echo 1 > secret/deep/one; echo same > secret/same; echo same > same
         echo log > x.log; git add .; git commit -q -m secrets; echo changed >> secret/key; echo untracked > y.log
         echo staged > secret/staged; git add secret/staged; rm x.log`,
      );
      const before = fingerprint(path);
      const view = await bench.import(path, { exclude: ['secret/', '*.log'] });
      const { guestPath } = view;
      expect(shell(guestPath, 'git status --porcelain')).toBe('A  secret/staged\n');
      expect(existsSync(`${guestPath}/secret`)).toBe(false);
      expect(readFileSync(`${guestPath}/same`, 'utf8')).toBe('same\n');
      const has = (spec: string): boolean =>
        shell(
          path,
          `id=$(git rev-parse '${spec}'); git -C '${guestPath}' cat-file -e $id 2>/dev/null && echo yes || true`,
        ) === 'yes\n';
      expect(['HEAD:secret/key', ':secret/staged', 'HEAD:x.log', 'HEAD:same', 'HEAD:a.txt'].map(has)).toEqual(
        [false, false, false, true, true],
      );
      shell(
        guestPath,
        'echo more >> a.txt; git -c user.name=A -c user.email=a@b commit -q -am work; git gc -q --prune=now; git status',
      );
      await bench.work(view, async ({ tip, commits }, { git }) => {
        const { signal } = new AbortController();
        const files = await git.run(['ls-tree', '-r', '--name-only', tip ?? ''], { signal });
        expect([commits, files.toString().split('\n').length - 1]).toEqual([1, 9]);
      });
      expect(fingerprint(path)).toBe(before);
    });

    it('takes a pattern back by another one, and leaves out files of a commit', async () => {
      const path = await bench.repository(
        'taken back',
        'echo 1 > 1.log; echo 2 > 2.log; git add .; git commit -q -m logs',
      );
      const { guestPath } = await bench.import(path, { exclude: ['*.log', '!2.log'], from: 'main' });
      expect(shell(guestPath, 'ls; git status --porcelain')).toBe('2.log\na.txt\nb.txt\ndir\n');
    });
  },
);
