import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
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

  it('is none where nothing was done', async () => {
    const path = await bench.repository('idle', '');
    const workspace = await bench.import(path);
    await bench.work(workspace, async (work) => {
      expect(work).toMatchObject({ tip: workspace.head, uncommitted: false, commits: 0 });
    });
  });
});
