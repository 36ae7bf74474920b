import { rename } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { WorkspaceViews } from './support/views.js';
import { withBench } from './support/with-bench.js';
import { fingerprint, shell } from './support/workspace.js';
import type { WorkspaceBench } from './support/workspace.js';

describe('the status of a workspace', () => {
  let bench: WorkspaceBench;
  let views: WorkspaceViews;
  withBench((started) => {
    bench = started;
    views = new WorkspaceViews(bench);
  });

  it('tells each kind of change against the base, committed or not, and changes neither side', async () => {
    const workspace = await bench.prepared(
      'kinds',
      `git rm -q dir/c.txt; printf 'more\\n' >> b.txt; ln -s a.txt link; printf x > both; printf x > back; git add .
       git commit -q -m one; git commit -q --allow-empty -m two; git rm -q --cached kept
       printf 'again\\n' >> both; rm back; printf 'more\\n' >> a.txt; chmod +x mode; rm type; ln -s a.txt type
       printf y > 'new file'; printf z > $'\\xff'; git init -q inner; printf x > inner/x; printf x > out.o
       printf x > staged; git add staged; rm staged; printf x > undone; git add undone; git commit -q -m three
       git rm -q undone; git checkout -q HEAD~2 -- a.txt 2>/dev/null || true; printf 'more\\n' >> a.txt`,
      {
        host: `printf x > mode; printf x > type; printf x > kept; printf '*.o\\n' > .gitignore; git add .; git commit -q -m third`,
      },
    );
    const before = [fingerprint(workspace.hostPath), fingerprint(workspace.guestPath)];
    const status = await views.status(workspace);
    expect(status).toMatchObject({
      vm: 'web',
      branch: 'main',
      head: shell(workspace.guestPath, 'git rev-parse HEAD').trim(),
      commitsAhead: 3,
      truncated: false,
      host: { head: workspace.head, branch: 'main', commitsSince: 0, commitsGone: 0, uncommittedFiles: 0 },
    });
    expect(await views.files(workspace)).toEqual([
      'M* a.txt',
      'M b.txt',
      'A* both',
      'D dir/c.txt',
      'M* kept',
      'A link',
      'M* mode',
      'A* new file',
      'T* type',
      'A* \ufffd',
    ]);
    expect([fingerprint(workspace.hostPath), fingerprint(workspace.guestPath)]).toEqual(before);
  });

  it('is nothing where nothing was done; what the host had not committed is work of the guest', async () => {
    const clean = await bench.prepared('clean');
    expect(await views.status(clean)).toMatchObject({ commitsAhead: 0, files: [] });
    const dirty = await bench.prepared('dirty', '', { host: 'printf x >> a.txt; printf x > u; git add u' });
    expect(await views.files(dirty)).toEqual(['M* a.txt', 'A* u']);
    expect((await views.status(dirty)).host.uncommittedFiles).toBe(2);
  });

  it('tells conflicts, and a HEAD that is detached', async () => {
    const workspace = await bench.prepared(
      'conflict',
      `git checkout -q -b other; printf 'other\\n' > a.txt; git commit -q -am other
       git checkout -q --detach main; printf 'here\\n' > a.txt; git commit -q -am here; git merge -q other || true`,
    );
    const status = await views.status(workspace);
    expect(status.files).toEqual([{ path: 'a.txt', change: 'conflicted', uncommitted: true }]);
    expect(status.commitsAhead).toBe(1);
    expect(status).not.toHaveProperty('branch');
  });

  it('works without a commit on either side, and where the guest has begun anew', async () => {
    const unborn = await bench.prepared('unborn', 'printf x > y', {
      empty: true,
      host: 'printf x > x; git add x',
    });
    expect(await views.files(unborn)).toEqual(['A* x', 'A* y']);
    const status = await views.status(unborn);
    expect(status).toMatchObject({
      branch: 'main',
      commitsAhead: 0,
      host: { branch: 'main', uncommittedFiles: 1 },
    });
    expect(status).not.toHaveProperty('head');

    const anew = await bench.prepared(
      'anew',
      'git checkout -q --orphan fresh; git rm -q --cached b.txt; rm b.txt',
    );
    expect(await views.files(anew)).toEqual(['D* b.txt']);
    shell(anew.guestPath, 'git commit -q -m anew');
    expect(await views.files(anew)).toEqual(['D b.txt']);
    expect(await views.status(anew)).toMatchObject({ branch: 'fresh', commitsAhead: 1 });
  });

  it('goes by what the guest has noted where it lacks what was imported last, or the host cannot tell', async () => {
    const workspace = await bench.prepared('restored', 'printf x > new; git add new; git commit -q -m work');
    shell(workspace.hostPath, 'printf x >> b.txt; git commit -q -am later');
    const later = Object.assign({}, workspace, {
      head: shell(workspace.hostPath, 'git rev-parse HEAD').trim(),
    });
    expect(await views.files(later)).toEqual(['A new']);
    expect(await views.status(later)).toMatchObject({ commitsAhead: 1, host: { commitsSince: 0 } });
    await rename(workspace.hostPath, `${workspace.hostPath} moved`);
    expect(await views.files(Object.assign({}, later, { mode: 'metadata' as const }))).toEqual(['A new']);
  });

  it('tells what the host has done since, and what is wrong with it', async () => {
    const workspace = await bench.prepared('host');
    const of = async (): Promise<object> => (await views.status(workspace)).host;
    shell(
      workspace.hostPath,
      'printf x >> a.txt; git commit -q -am a; printf x >> a.txt; git commit -q -am b; printf u > u',
    );
    expect(await of()).toMatchObject({ commitsSince: 2, commitsGone: 0, uncommittedFiles: 1 });
    shell(
      workspace.hostPath,
      'git checkout -q -b side HEAD~3; printf x > s; git add s; git commit -q -m s; rm u',
    );
    expect(await of()).toMatchObject({
      branch: 'side',
      commitsSince: 1,
      commitsGone: 1,
      uncommittedFiles: 0,
    });
    shell(workspace.hostPath, 'rm -rf .git; git init -q -b main');
    expect(await of()).toMatchObject({ problem: expect.stringContaining(workspace.head ?? '') });
    await rename(workspace.hostPath, `${workspace.hostPath} moved`);
    expect(await of()).toEqual({ problem: `${workspace.hostPath}: it does not exist` });
  });

  it('runs no filter of the host', async () => {
    const workspace = await bench.prepared('filtered', '', {
      host: `printf 'a.txt filter=x\\n' > .git/info/attributes`,
    });
    const filter = `touch '${bench.directory}/ran'; cat`;
    shell(workspace.hostPath, `git config filter.x.clean "${filter}"; touch -d 2001-01-01 a.txt`);
    await views.status(workspace);
    expect(shell(bench.directory, 'ls')).not.toContain('ran');
  });

  it('lists no more than ten thousand files', async () => {
    const workspace = await bench.prepared('many', 'seq 10500 | xargs -n 1000 touch');
    const { files, truncated } = await views.status(workspace);
    expect([files.length, truncated]).toEqual([10_000, true]);
    shell(
      workspace.guestPath,
      `long=$(printf 'x%.0s' $(seq 200)); mkdir -p $long/$long/$long; cd $long/$long/$long; seq 9000 | xargs -n 1000 touch`,
    );
    expect((await views.status(workspace)).truncated).toBe(true);
  });

  it('is refused, clearly, where the guest has no such repository', async () => {
    const workspace = await bench.prepared('gone', 'rm -rf .git');
    await expect(views.status(workspace)).rejects.toMatchObject({
      kind: 'WORKSPACE_WORK_UNREADABLE',
      why: expect.stringContaining('not a git repository'),
    });
    shell(bench.directory, `rm -rf '${workspace.guestPath}'`);
    await expect(views.status(workspace)).rejects.toMatchObject({
      kind: 'WORKSPACE_WORK_UNREADABLE',
      why: `${workspace.guestPath} is no longer there`,
    });
  });
});
