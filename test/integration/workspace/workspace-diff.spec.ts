import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { VmWorkspaceView } from '../../../src/contract/index.js';
import { generatedChanges } from './support/generated-changes.js';
import { WorkspaceViews } from './support/views.js';
import { withBench } from './support/with-bench.js';
import { fingerprint, shell } from './support/workspace.js';
import type { WorkspaceBench } from './support/workspace.js';

const SEED = 20_260;

/** The tree of what is there, committed or not. */
function treeOf(path: string): string {
  return shell(
    path,
    'cp -p .git/index ../i 2>/dev/null || rm -f ../i; export GIT_INDEX_FILE=../i; git add -A; git write-tree; rm -f ../i',
  ).trim();
}

describe('the work in a workspace as a document', () => {
  let bench: WorkspaceBench;
  let views: WorkspaceViews;
  withBench((started) => {
    bench = started;
    views = new WorkspaceViews(bench);
  });

  /** The tree that the patch makes of a commit of the host. @returns undefined for an empty patch, which git refuses */
  async function applied(patch: Buffer, { hostPath }: VmWorkspaceView, commit: string): Promise<string> {
    const file = join(bench.directory, 'received.patch');
    await writeFile(file, patch);
    const script = `rm -rf ../applied; git clone -q --no-checkout . ../applied; cd ../applied; git checkout -q --detach ${commit}
      [ ! -s ../received.patch ] || git apply --index ../received.patch; git write-tree; git status --porcelain=v2 -z | grep -qz '^1 .[^.]' && echo dirty; true`;
    return shell(hostPath, script).trim();
  }

  it('is a patch that git apply --index takes, of every kind of file', async () => {
    const workspace = await bench.prepared(
      'kinds',
      `git rm -q dir/c.txt; head -c 3000 /dev/urandom > image.bin; ln -s 'no where' link; git add .; git commit -q -m one
       git mv b.txt 'moved b.txt'; chmod +x a.txt; : > empty; printf 'no newline' > $'\\xfftab\\t"quoted"'
       printf 'a\\r\\nb\\r\\n' > crlf; rm type; ln -s a.txt type; head -c 3000 /dev/urandom > old.bin; rm gone.bin
       printf 'x\\n' > -- '-- a'; mkdir 'dir with space'; printf y > 'dir with space/y'; printf x > ignored.o`,
      {
        host: `printf x > type; head -c 3000 /dev/urandom > old.bin; head -c 3000 /dev/urandom > gone.bin
       printf '*.o\\n' > .gitignore; git add .; git commit -q -m third; printf 'host dirt\\n' >> a.txt`,
      },
    );
    const before = [
      fingerprint(workspace.hostPath),
      shell(workspace.guestPath, 'git status --porcelain=v2 -z'),
    ];
    const patch = await views.diff(workspace);
    expect(patch.toString('latin1')).toContain('rename to moved b.txt');
    expect([
      fingerprint(workspace.hostPath),
      shell(workspace.guestPath, 'git status --porcelain=v2 -z'),
    ]).toEqual(before);
    expect(await applied(patch, workspace, workspace.head ?? '')).toBe(treeOf(workspace.guestPath));
    const committed = await views.diff(workspace, { committedOnly: true });
    const tree = shell(workspace.guestPath, 'git rev-parse HEAD^{tree}').trim();
    expect(await applied(committed, workspace, workspace.head ?? '')).toBe(tree);
  });

  it('makes the same tree of the base, whatever was done', async () => {
    const host = `${generatedChanges(SEED, 30)}git add -A; git commit -q -m generated`;
    const workspace = await bench.prepared('generated', '', { host });
    for (let round = 1; round <= 6; round += 1) {
      shell(workspace.guestPath, generatedChanges(SEED + round, 12));
      if (round % 3 === 0) shell(workspace.guestPath, 'git add -A; git commit -q --allow-empty -m round');
      const made = await applied(await views.diff(workspace), workspace, workspace.head ?? '');
      expect(made, `round ${round} of seed ${SEED}`).toBe(treeOf(workspace.guestPath));
    }
  });

  it('is empty where nothing was done, and whole where the host has no commit', async () => {
    const idle = await bench.prepared('idle');
    expect((await views.diff(idle)).length).toBe(0);
    await expect(views.bundle(idle, 'x')).rejects.toMatchObject({ kind: 'WORKSPACE_NO_WORK' });
    const unborn = await bench.prepared('unborn', '', { host: 'printf x > x', empty: true });
    expect((await views.diff(unborn, { format: 'name-only' })).toString()).toBe('x\n');
  });

  it('says as git does what it would change', async () => {
    const workspace = await bench.prepared(
      'formats',
      `printf 'x\\n' >> a.txt; git mv b.txt c.txt; printf '\\0' > bin`,
    );
    expect((await views.diff(workspace, { format: 'name-only' })).toString()).toBe(
      'a.txt\nb.txt\nbin\nc.txt\n',
    );
    expect((await views.diff(workspace, { format: 'stat' })).toString()).toBe(
      [
        ' a.txt          |   1 +',
        ' bin            | Bin 0 -> 1 bytes',
        ' b.txt => c.txt |   0',
        ' 3 files changed, 1 insertion(+)',
        '',
      ].join('\n'),
    );
  });

  it('is a comparison of two VMs: what makes the work of the other out of that of the one', async () => {
    const one = await bench.prepared(
      'forked',
      `printf 'one\\n' > a.txt; git commit -q -am one; printf x > only-one`,
    );
    const other = Object.assign({}, one, { guestPath: `${one.guestPath} other` });
    shell(
      bench.guestBase,
      `cp -a '${one.guestPath}' '${other.guestPath}'; cd '${other.guestPath}'; printf 'other\\n' > a.txt
       rm only-one; git mv dir/c.txt c.txt; git commit -q -am other; head -c 99 /dev/urandom > bin`,
    );
    const patch = await views.diff(one, { against: other });
    shell(one.hostPath, `git fetch -q '${one.guestPath}' HEAD:refs/test/one`);
    const tree = shell(one.guestPath, 'git add -A; git write-tree').trim();
    shell(one.hostPath, `cp -r '${one.guestPath}/.git/objects/.' .git/objects/`);
    const commit = shell(one.hostPath, `git commit-tree -m test ${tree}; true`).trim();
    shell(one.hostPath, `git update-ref refs/heads/test ${commit}`);
    expect(await applied(patch, one, 'origin/test')).toBe(treeOf(other.guestPath));
    const elsewhere = await bench.prepared('elsewhere');
    await expect(views.diff(one, { against: elsewhere })).rejects.toMatchObject({
      kind: 'WORKSPACE_UNRELATED',
    });
  });

  it('is a bundle that brings a branch to whoever has the base', async () => {
    const workspace = await bench.prepared(
      'bundled',
      `printf x > x; git add x; git commit -q -m work; printf y > y`,
    );
    await writeFile(join(bench.directory, 'work.bundle'), await views.bundle(workspace, 'agent/work'));
    shell(workspace.hostPath, 'git clone -q . ../fresh');
    const fresh = join(bench.directory, 'fresh');
    expect(shell(fresh, 'git bundle verify ../work.bundle 2>&1')).toContain(`\n${workspace.head} `);
    shell(fresh, 'git fetch -q ../work.bundle agent/work:agent/work');
    expect(shell(fresh, 'git log --format=%an,%s main..agent/work')).toBe(
      'Agent,Uncommitted work of VM web\nA U Thor,work\n',
    );
    expect(shell(fresh, 'git rev-parse agent/work^{tree}').trim()).toBe(treeOf(workspace.guestPath));
  });

  it('says where the repository of the host has gone', async () => {
    const workspace = await bench.prepared('moved');
    shell(bench.directory, 'mv moved away');
    await expect(views.diff(workspace)).rejects.toMatchObject({
      kind: 'WORKSPACE_REPOSITORY_UNUSABLE',
      why: 'it does not exist',
    });
  });

  it('has no more bytes than are taken, and nothing of it is sent then', async () => {
    const workspace = await bench.prepared('large', 'head -c 3000000 /dev/urandom > large');
    const small = new WorkspaceViews(bench, { packBytes: 1_000_000 });
    await expect(small.diff(workspace)).rejects.toMatchObject({
      kind: 'WORKSPACE_WORK_REFUSED',
      why: expect.stringMatching(/too large|takes too much space/i),
    });
  });
});
