import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { shell, state, WorkspaceBench } from './support/workspace.js';

describe('a branch that is started in a guest', () => {
  let bench: WorkspaceBench;
  beforeAll(async () => {
    bench = await WorkspaceBench.start();
  });
  afterAll(() => bench.stop());

  const start = (guestPath: string, branch: string, signal = new AbortController().signal) =>
    bench.importer.startBranch(bench.ssh, { guestPath, branch }, signal);
  const checkedOut = (path: string): string => shell(path, 'git symbolic-ref HEAD').trim();

  it('is checked out with all that is not committed, staged and unstaged', async () => {
    const guest = await bench.repository(
      'dirty',
      'echo s >> a.txt; git add a.txt; echo u >> a.txt; git rm -q b.txt; git mv dir/c.txt d.txt; echo new > new',
    );
    const { head: before, ...rest } = state(guest);
    expect(await start(guest, "it's/try-1")).toBeUndefined();
    const { head: after, ...same } = state(guest);
    expect(same).toEqual(rest);
    expect(after).toBe(before.replace('branch.head main', "branch.head it's/try-1"));
  });

  it('is started where there is no commit yet, and where HEAD is detached', async () => {
    const unborn = await bench.repository('unborn', 'echo a > a; git add a', { empty: true });
    expect(await start(unborn, 'try')).toBeUndefined();
    expect([checkedOut(unborn), shell(unborn, 'git status --porcelain')]).toEqual([
      'refs/heads/try',
      'A  a\n',
    ]);
    const detached = await bench.repository('detached', 'git checkout -q --detach');
    expect(await start(detached, 'try')).toBeUndefined();
    expect(checkedOut(detached)).toBe('refs/heads/try');
  });

  it('runs no hook', async () => {
    const guest = await bench.repository('hooked', '');
    mkdirSync(join(guest, '.git/hooks'), { recursive: true });
    writeFileSync(join(guest, '.git/hooks/post-checkout'), '#!/bin/sh\ntouch ran\n', { mode: 0o755 });
    expect(await start(guest, 'try')).toBeUndefined();
    expect(shell(guest, 'git status --porcelain')).toBe('');
  });

  it.each<[string, string, string, RegExp]>([
    ['taken', 'git branch try', 'try', /^a branch named 'try' already exists$/],
    ['below', 'git branch try/1', 'try', /refs\/heads\/try\/1/],
    ['no-name', '', 'a..b', /not a valid branch name/],
    [
      'merging',
      'git switch -q -c other; echo x > a.txt; git commit -qam x; git switch -q main; echo y > a.txt; git commit -qam y; git merge other || :',
      'try',
      /merging|resolve your current index/,
    ],
    ['gone', 'rm -rf .git', 'try', /not a git repository/],
  ])('is not made where it cannot be: %s', async (name, script, branch, why) => {
    const guest = await bench.repository(name, script);
    expect(await start(guest, branch)).toMatch(why);
    if (name !== 'gone') expect(checkedOut(guest)).toBe('refs/heads/main');
  });

  it('is not made where the repository is no more, or when it is called off', async () => {
    expect(await start(join(bench.directory, 'nowhere'), 'try')).toMatch(/nowhere/);
    const stop = new AbortController();
    stop.abort();
    await expect(start(bench.directory, 'try', stop.signal)).rejects.toMatchObject({ kind: 'CANCELLED' });
  });
});
