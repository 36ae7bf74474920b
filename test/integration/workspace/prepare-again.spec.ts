import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { SshConnection } from '../../../src/core/ssh/index.js';
import { whyNoSshd } from '../ssh/support/sshd.js';
import { fingerprint, shell, state, WorkspaceBench } from './support/workspace.js';

const reason = whyNoSshd();
const NONE_OF_BANGER = 'it is none of the repositories that banger has brought there';
const AGENT = 'git -c user.name=Agent -c user.email=agent@example.com';

describe.skipIf(reason !== undefined)(`preparing again${reason === undefined ? '' : `: ${reason}`}`, () => {
  let bench: WorkspaceBench;
  beforeAll(async () => {
    bench = await WorkspaceBench.start();
  });
  afterAll(() => bench.stop());
  afterEach(() => expect(bench.leftovers).toEqual([]));

  /** Everything in the guest but what it worked with. */
  const guest = (path: string): unknown => ({
    ...state(path),
    files: shell(path, 'find . -path ./.git -prune -o -type f -print0 | sort -z | xargs -0 sha1sum'),
    refs: shell(path, 'git for-each-ref'),
    left: shell(path, 'ls -A .git/banger; ls .git/*.lock 2>/dev/null || true'),
  });

  it.each([
    ['clean', '', 'echo 3 >> a.txt; git commit -q -am third'],
    [
      'everything uncommitted',
      'echo s >> a.txt; git add a.txt; echo u >> b.txt; echo n > new; mkdir gone; echo x > gone/x',
      'rm -r gone; git rm -q --cached dir/c.txt; git commit -q -m less; echo more > new; mkdir new2; echo y > new2/y; chmod +x b.txt',
    ],
    ['another branch', 'echo x > x', 'git checkout -q -b other; rm a.txt'],
    ['detached', '', 'git checkout -q --detach HEAD~1'],
    ['reset', '', 'git reset -q --hard HEAD~1'],
    ['intent to add', 'echo n > n; git add -N n', 'git add n; echo o > o; git add -N o'],
    [
      'a conflict begins',
      '',
      'git checkout -q -b other HEAD~1; echo theirs >> a.txt; git commit -q -am theirs; git checkout -q main; git merge -q other >/dev/null || true',
    ],
    [
      'sparse begins and ends',
      'git sparse-checkout set --cone dir >/dev/null 2>&1',
      'git sparse-checkout disable >/dev/null 2>&1; echo x >> a.txt',
    ],
    ['sparse begins', 'echo x > x', 'git sparse-checkout set --cone dir >/dev/null 2>&1'],
    [
      'a first commit',
      'rm -rf .git; git init -q -b trunk',
      'git add .; git -c user.name=A -c user.email=a@b commit -q -m all',
    ],
  ])('makes of the guest what the host is now: %s', async (name, before, after) => {
    const path = await bench.repository(`again ${name}`, before);
    const { warnings: _warnings, ...first } = await bench.import(path);
    shell(path, after);
    const print = fingerprint(path);
    const { workspace, unchanged } = await bench.prepare(path, [first]);
    expect(unchanged).toBe(false);
    expect(state(workspace.guestPath)).toEqual(state(path));
    expect(workspace).toMatchObject({ guestPath: first.guestPath });
    const again = await bench.prepare(path, [workspace]);
    expect(again.unchanged).toBe(true);
    expect(fingerprint(path)).toBe(print);
    shell(first.guestPath, 'git fsck --strict');
  });

  it('sends only what is missing, in each mode', async () => {
    for (const mode of ['shallow', 'full', 'metadata'] as const) {
      const path = await bench.repository(
        `missing ${mode}`,
        'head -c 3000000 /dev/urandom > big; git add big; git commit -q -m big; git tag v1; echo x > untracked',
      );
      const { warnings: _warnings, ...first } = await bench.import(path, { mode });
      shell(path, 'echo y >> b.txt; git commit -q -am next; git tag v2; git branch topic');
      const packs = (): number => Number(shell(first.guestPath, 'du -sb .git/objects/pack').split('\t')[0]);
      const before = packs();
      const { workspace } = await bench.prepare(path, [first]);
      expect(workspace.mode).toBe(mode);
      expect(packs() - before, mode).toBeLessThan(20_000);
      expect(shell(first.guestPath, 'git status --porcelain')).toBe('?? untracked\n');
      shell(first.guestPath, 'git fsck --strict');
      if (mode === 'full')
        expect(shell(first.guestPath, 'git for-each-ref')).toBe(shell(path, 'git for-each-ref'));
    }
  });

  it('refuses to lose work, and leaves all as it is', async () => {
    const path = await bench.repository('work', 'echo dirty >> b.txt');
    const { warnings: _warnings, ...first } = await bench.import(path);
    const cases: [string, object][] = [
      [`echo mine > 'my file'`, { commits: 0, files: ['my file'] }],
      ['git add b.txt', { commits: 0 }],
      [`${AGENT} commit -q -am work`, { commits: 1, files: ['my file'] }],
    ];
    shell(path, 'echo next >> a.txt; git commit -q -am next');
    for (const [work, details] of cases) {
      shell(first.guestPath, work);
      const before = guest(first.guestPath);
      await expect(bench.prepare(path, [first]), work).rejects.toMatchObject({
        kind: 'WORKSPACE_HAS_WORK',
        details: { vm: 'web', path: first.guestPath, ...details },
      });
      expect(guest(first.guestPath)).toEqual(before);
    }
  });

  it('puts work aside when forced to: a stash, and a branch for commits', async () => {
    const path = await bench.repository('forced', 'echo dirty >> b.txt');
    const { warnings: _warnings, ...first } = await bench.import(path);
    shell(first.guestPath, `${AGENT} commit -q -am work; echo later >> a.txt; echo new > new`);
    const commit = shell(first.guestPath, 'git rev-parse HEAD');
    shell(path, 'echo next >> a.txt; git commit -q -am next');
    const result = await bench.prepare(path, [first], { force: true });
    expect(result).toMatchObject({ unchanged: false, savedBranch: 'banger/saved-1', stashed: true });
    expect(state(first.guestPath)).toEqual(state(path));
    expect(shell(first.guestPath, 'git rev-parse banger/saved-1')).toBe(commit);
    expect(shell(first.guestPath, 'git stash show -u --name-only stash@{0}')).toBe('a.txt\nnew\n');
    shell(first.guestPath, 'git fsck --strict');
    shell(first.guestPath, `${AGENT} commit -q --allow-empty -m more`);
    const second = await bench.prepare(path, [result.workspace], { force: true });
    expect(second).toMatchObject({ savedBranch: 'banger/saved-2' });
    expect(second).not.toHaveProperty('stashed');
  });

  it('loses no commits of the branch that is set, wherever HEAD is', async () => {
    const path = await bench.repository('elsewhere', '');
    const { warnings: _warnings, ...first } = await bench.import(path);
    shell(first.guestPath, `git branch old; ${AGENT} commit -q --allow-empty -m work; git checkout -q old`);
    await expect(bench.prepare(path, [first])).rejects.toMatchObject({ kind: 'WORKSPACE_HAS_WORK' });
    const { savedBranch } = await bench.prepare(path, [first], { force: true });
    expect(shell(first.guestPath, `git log -1 --format=%s ${savedBranch}`)).toBe('work\n');
  });

  it('takes commits that the host has by now for no work', async () => {
    const path = await bench.repository('landed', '');
    const { warnings: _warnings, ...first } = await bench.import(path);
    shell(first.guestPath, `echo more >> a.txt; ${AGENT} commit -q -am work`);
    shell(path, `git fetch -q '${first.guestPath}' main; git merge -q FETCH_HEAD; echo x > x`);
    await bench.prepare(path, [first]);
    expect(state(first.guestPath)).toEqual(state(path));
  });

  it('leaves branches alone that were moved in the guest, in mode full', async () => {
    const path = await bench.repository('moved', 'git branch one; git branch two');
    const { warnings: _warnings, ...first } = await bench.import(path, { mode: 'full' });
    shell(
      first.guestPath,
      `git checkout -q one; ${AGENT} commit -q --allow-empty -m mine; git checkout -q main`,
    );
    const mine = shell(first.guestPath, 'git rev-parse one');
    shell(
      path,
      'echo 1 >> a.txt; git commit -q -am next; git branch -f one; git branch -f two; git branch three',
    );
    const { warnings } = await bench.prepare(path, [first]);
    expect(warnings).toEqual([expect.stringContaining('moved in the guest stay there: one')]);
    expect(shell(first.guestPath, 'git rev-parse one')).toBe(mine);
    expect(shell(first.guestPath, 'git rev-parse two three')).toBe(shell(path, 'git rev-parse two three'));
  });

  it('takes nothing that is no repository of the VM, and imports anew what was deleted', async () => {
    const path = await bench.repository('places', '');
    const { warnings: _warnings, ...first } = await bench.import(path);
    // of another second or not: none of its commits is one of the first
    const other = await bench.repository('other', 'git commit -q --allow-empty -m other', { empty: true });
    shell(bench.guestBase, 'git init -q mine; cd mine; touch mine');
    for (const [from, at, known, why] of [
      [path, join(bench.guestBase, 'mine'), [], NONE_OF_BANGER],
      [other, first.guestPath, [], NONE_OF_BANGER],
      [other, first.guestPath, [first], `it is where the repository ${path} is in that VM`],
    ] as const)
      await expect(bench.prepare(from, known, { at })).rejects.toMatchObject({
        kind: 'WORKSPACE_TARGET_TAKEN',
        details: { vm: 'web', path: at },
        why,
      });
    shell(bench.guestBase, `rm -rf '${first.guestPath}'`);
    const { workspace, unchanged } = await bench.prepare(path, [first]);
    expect(unchanged).toBe(false);
    expect(state(workspace.guestPath)).toEqual(state(path));
  });

  it('finds a repository that was moved on the host', async () => {
    const path = await bench.repository('before', '');
    const { warnings: _warnings, ...first } = await bench.import(path);
    shell(bench.directory, 'mv before after');
    const { workspace, unchanged } = await bench.prepare(`${bench.directory}/after`, [first], {
      at: first.guestPath,
    });
    expect([unchanged, workspace.hostPath]).toEqual([true, `${bench.directory}/after`]);
  });

  it('puts a submodule in its place', async () => {
    const inner = await bench.repository('inner', '');
    const path = await bench.repository(
      'outer',
      `git -c protocol.file.allow=always submodule add -q '${inner}' sub; git commit -q -m sub`,
    );
    const { warnings, ...first } = await bench.import(path);
    expect(warnings[0]).toContain(
      `banger workspace prepare VM outer/SUBMODULE --at ${first.guestPath}/SUBMODULE`,
    );
    await bench.prepare(`${path}/sub`, [first], { at: `${first.guestPath}/sub` });
    expect(shell(first.guestPath, 'git status --porcelain; cat sub/b.txt')).toBe('two\n');
  });

  it('notices what changes in the guest meanwhile', async () => {
    const path = await bench.repository('race', '');
    // With all its history: a guest with the newest commit alone is asked and updated by one command.
    const { warnings: _warnings, ...first } = await bench.import(path, { mode: 'full' });
    shell(path, 'echo next >> a.txt; git commit -q -am next');
    let calls = 0;
    const ssh = {
      open: (command: { line: string }) => {
        calls += 1;
        if (calls === 2) shell(first.guestPath, 'echo quick > quick');
        return bench.ssh.open(command);
      },
    } as unknown as SshConnection;
    await expect(bench.prepare(path, [first], { ssh })).rejects.toMatchObject({
      kind: 'WORKSPACE_HAS_WORK',
      details: { files: ['quick'] },
    });
    expect(existsSync(`${first.guestPath}/quick`)).toBe(true);
  });

  it.each([
    ['another git is at work', 'touch .git/index.lock', 'rm .git/index.lock', 'locked'],
    ['a branch is in the way', 'git branch -q later/on', '', 'head'],
  ])('leaves the guest as it was when it fails: %s', async (name, spoil, mend, step) => {
    const path = await bench.repository(`failing ${name}`, 'echo dirty >> b.txt; echo new > new');
    const { warnings: _warnings, ...first } = await bench.import(path);
    shell(first.guestPath, spoil);
    shell(
      path,
      'rm new; git checkout -q -b later; echo next >> a.txt; git commit -q -am next; echo o > other',
    );
    const before = guest(first.guestPath);
    await expect(bench.prepare(path, [first])).rejects.toMatchObject({
      kind: 'WORKSPACE_IMPORT_FAILED',
      details: { step },
    });
    expect(guest(first.guestPath)).toEqual(before);
    if (mend === '') return;
    shell(first.guestPath, mend);
    await bench.prepare(path, [first]);
    expect(state(first.guestPath)).toEqual(state(path));
  });

  it('takes for no work what an export has brought to the host', async () => {
    const path = await bench.repository('brought', '');
    const { warnings: _warnings, ...first } = await bench.import(path);
    shell(first.guestPath, 'echo guest >> b.txt; echo new > new');
    await expect(bench.prepare(path, [first])).rejects.toMatchObject({ kind: 'WORKSPACE_HAS_WORK' });
    shell(
      path,
      'git checkout -q -b brought; echo guest >> b.txt; echo new > new; git add .; git commit -q -m x',
    );
    const commit = shell(path, 'git rev-parse HEAD; git checkout -q main').trim();
    const exports = [{ branch: 'brought', commit, at: '2026-01-01T00:00:00.000Z' }];
    const { stashed } = await bench.prepare(path, [Object.assign({}, first, { exports })]);
    expect(stashed).toBeUndefined();
    expect(state(first.guestPath)).toEqual(state(path));
  });

  it('keeps what was asked for when it came: what stays out, and a branch of its own', async () => {
    const path = await bench.repository('asked', 'printf secret > secret; mkdir data; echo 1 > data/file');
    const { warnings: _warnings, ...first } = await bench.import(path, {
      branch: 'topic',
      exclude: ['secret', '/data/'],
    });
    shell(path, 'echo next >> a.txt; git commit -q -am next');
    const { workspace } = await bench.prepare(path, [first]);
    expect(workspace).toMatchObject({ branch: 'topic', ownBranch: true, exclude: ['secret', '/data/'] });
    expect(shell(first.guestPath, 'git branch --show-current; git log -1 --format=%s; ls')).toBe(
      'topic\nnext\na.txt\nb.txt\ndir\n',
    );
    const switched = await bench.prepare(path, [workspace], { branch: 'other', exclude: [] });
    expect(switched.workspace).toMatchObject({ branch: 'other' });
    expect(shell(first.guestPath, 'ls')).toBe('a.txt\nb.txt\ndata\ndir\nsecret\n');
  });
});
