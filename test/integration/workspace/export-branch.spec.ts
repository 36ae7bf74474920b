import { describe, expect, it } from 'vitest';
import { whyNoSshd } from '../ssh/support/sshd.js';
import { checkoutOf, exportWork } from './support/exporting.js';
import { foreignRepository } from './support/foreign-repository.js';
import { withBench } from './support/with-bench.js';
import { fingerprint, shell, state } from './support/workspace.js';
import type { WorkspaceBench } from './support/workspace.js';

const reason = whyNoSshd();

const HOST = `
printf 'staged\\n' >> package.json; git add package.json; printf 'unstaged\\n' >> package.json
printf 'not staged\\n' >> README.md; printf 'untracked\\n' > 'new file'; mkdir new; printf 'x' > new/deep
git mv LICENSE COPYING; git rm -q install.js
printf '\\000\\001\\377' > binary; git add binary; printf '#!/bin/sh\\n' > run; chmod +x run; ln -s run link; git add run link`;

const GUEST = `set -e
git add -A; git -c user.name=Agent -c user.email=a@x -c commit.gpgSign=false commit -q -m 'all of it' --date '2020-01-02T03:04:05+0100'
git mv README.md READ.md; printf '\\377\\000' > other.bin; git add other.bin
git -c user.name=Agent -c user.email=a@x commit -q -m renamed
printf 'more\\n' >> run; chmod -x run; rm -r new; ln -sf binary link; printf 'odd\\n' > "$(printf 'odd \\377 name')"`;

const TREE_OF_ALL = `export GIT_INDEX_FILE=../tree-of-all; cp .git/index ../tree-of-all; git add -A; git write-tree; rm ../tree-of-all`;

describe.skipIf(reason !== undefined)(
  `the branch of an export${reason === undefined ? '' : `: ${reason}`}`,
  () => {
    let bench: WorkspaceBench;
    withBench((started) => (bench = started));

    it('has the tree of the guest after a round trip of everything; all else on the host stays', async () => {
      const path = await foreignRepository(bench, 'ssh2');
      shell(path, HOST);
      const { warnings: _warnings, ...workspace } = await bench.import(path);
      expect(state(workspace.guestPath)).toEqual(state(path));
      shell(workspace.guestPath, GUEST);
      const tree = shell(workspace.guestPath, TREE_OF_ALL).trim();
      const before = checkoutOf(path);
      const { plan, work } = await exportWork(bench, workspace);
      expect(plan).toMatchObject({ outcome: 'created', branch: 'banger/web' });
      expect(work).toMatchObject({ commits: 3, uncommitted: true, tree });
      expect(shell(path, 'git rev-parse banger/web^{tree}').trim()).toBe(tree);
      const log = shell(path, "git log --reverse --format='%an %ad %s' --date=iso HEAD..banger/web");
      expect(log).toMatch(
        /^A U Thor 2020-01-02 03:04:05 \+0100 all of it\n.* renamed\nAgent .* Uncommitted work of VM web\n$/,
      );
      expect(shell(path, 'git reflog show banger/web')).toContain('banger: work of VM web');
      expect(checkoutOf(path)).toEqual(before);
      shell(path, 'git fsck --strict --no-dangling');
    });

    it('tells how many files it is about, and which of them tools run by themselves once they are checked out', async () => {
      const path = await bench.repository(
        'tools',
        'mkdir .idea; echo x > .idea/a; git add .; git commit -q -m idea',
      );
      const { warnings: _warnings, ...workspace } = await bench.import(path, { mode: 'metadata' });
      shell(
        workspace.guestPath,
        `rm -r .idea; mkdir -p a/.vscode; echo x > a/.vscode/tasks.json; git add .; git commit -q -m tasks; echo x > .envrc`,
      );
      const { plan } = await exportWork(bench, workspace);
      expect(plan).toMatchObject({
        files: 3,
        warnings: ['it changes files that tools may run by themselves: .envrc, a/.vscode/tasks.json'],
      });
    });

    it('moves its own branch on, also over history that the guest has made anew, and is none where nothing is', async () => {
      const path = await bench.repository('again', '');
      const { warnings: _warnings, ...imported } = await bench.import(path);
      expect((await exportWork(bench, imported)).plan).toMatchObject({ outcome: 'nothing' });
      expect(shell(path, 'git for-each-ref refs/heads/banger')).toBe('');
      shell(imported.guestPath, 'git commit -q --allow-empty -m one');
      const first = await exportWork(bench, imported);
      shell(imported.guestPath, 'git commit -q --amend --allow-empty -m other; printf x > x');
      const second = await exportWork(bench, first.workspace);
      expect(second.plan).toMatchObject({ outcome: 'updated', from: first.plan.tip });
      const third = await exportWork(bench, second.workspace);
      expect(third.plan).toMatchObject({ outcome: 'unchanged', tip: second.plan.tip });
      const committed = await exportWork(bench, third.workspace, { committedOnly: true, branch: 'banger/c' });
      expect(shell(path, 'git log -1 --format=%s banger/c')).toBe('other\n');
      expect(committed.work.uncommitted).toBe(false);
    });

    it('comes as a pack where it is much, and leaves nothing else among the objects', async () => {
      const path = await bench.repository('many', '');
      const workspace = await bench.import(path);
      shell(
        workspace.guestPath,
        'for n in $(seq 300); do echo $n > f$n; done; git add -A; git commit -q -m many',
      );
      await exportWork(bench, workspace);
      expect(shell(path, 'ls .git/objects | grep -v -E "^(..|info|pack)$" || true')).toBe('');
      expect(shell(path, 'ls .git/objects/pack | sed "s/.*[.]//" | sort -u')).toBe('idx\npack\n');
      shell(path, 'git fsck --strict; git checkout -q banger/web; [ "$(cat f300)" = 300 ]');
    });

    it.each<[string, string, string, object]>([
      ['one that somebody has', 'git branch banger/web', 'banger/web', { kind: 'WORKSPACE_BRANCH_TAKEN' }],
      [
        'one that leads to another',
        'git symbolic-ref refs/heads/banger/web refs/heads/main',
        'banger/web',
        { kind: 'WORKSPACE_BRANCH_TAKEN' },
      ],
      [
        'one that is checked out',
        'git worktree add -q ../tree-of-refusals -b banger/web',
        'banger/web',
        { kind: 'WORKSPACE_BRANCH_TAKEN' },
      ],
      [
        'one with a branch above',
        'git branch banger',
        'banger/web',
        {
          kind: 'WORKSPACE_REPOSITORY_UNUSABLE',
          why: 'its branch banger is in the way of one of the name banger/web',
        },
      ],
      [
        'one with a branch below',
        'git branch banger/web/x',
        'banger/web',
        {
          kind: 'WORKSPACE_REPOSITORY_UNUSABLE',
          why: 'its branch banger/web/x is in the way of one of the name banger/web',
        },
      ],
      [
        'one that is locked',
        'mkdir -p .git/refs/heads/banger; : > .git/refs/heads/banger/web.lock',
        'banger/web',
        { kind: 'WORKSPACE_REPOSITORY_UNUSABLE', why: expect.stringMatching(/web.lock is there$/) },
      ],
      ['none that git takes', 'true', '-x', { kind: 'WORKSPACE_REPOSITORY_UNUSABLE' }],
    ])('is refused, and nothing changes: %s', async (name, script, branch, refusal) => {
      const workspace = await bench.prepared(`refused ${name}`, 'git commit -q --allow-empty -m work');
      const path = workspace.hostPath;
      shell(path, script);
      const before = fingerprint(path);
      await expect(exportWork(bench, workspace, { branch })).rejects.toMatchObject(refusal);
      expect(fingerprint(path)).toBe(before);
    });

    it('is not moved under a working tree that has it, nor where somebody moved it', async () => {
      const imported = await bench.prepared('held', 'git commit -q --allow-empty -m one');
      const path = imported.hostPath;
      const { workspace } = await exportWork(bench, imported);
      shell(imported.guestPath, 'git commit -q --allow-empty -m two');
      shell(path, 'git worktree add -q ../holder banger/web');
      await expect(exportWork(bench, workspace)).rejects.toMatchObject({
        kind: 'WORKSPACE_BRANCH_CHECKED_OUT',
        details: { worktree: `${bench.directory}/holder` },
      });
      shell(path, 'git worktree remove ../holder; git branch -f banger/web main');
      await expect(exportWork(bench, workspace)).rejects.toMatchObject({
        kind: 'WORKSPACE_BRANCH_TAKEN',
        details: { expected: workspace.exports?.[0]?.commit },
      });
    });

    // A rebase ends with the branch as it was at its beginning, or not at all.
    it('is not moved while it is being rebased, nor when it is checked out meanwhile', async () => {
      const imported = await bench.prepared('rebased', 'echo guest > b.txt; git commit -q -am one');
      const path = imported.hostPath;
      const { workspace } = await exportWork(bench, imported);
      shell(imported.guestPath, 'git commit -q --allow-empty -m two');
      const before = shell(path, 'git rev-parse banger/web');
      const adding = 'git worktree add -q ../rebaser banger/web';
      const meanwhile = (): void => void shell(path, adding);
      await expect(exportWork(bench, workspace, { meanwhile })).rejects.toMatchObject({
        kind: 'WORKSPACE_BRANCH_CHECKED_OUT',
      });
      shell(path, 'echo host > b.txt; git commit -q -am host; cd ../rebaser; git rebase -q main || true');
      await expect(exportWork(bench, workspace)).rejects.toMatchObject({
        kind: 'WORKSPACE_BRANCH_CHECKED_OUT',
        details: { worktree: `${path}/.git/worktrees/rebaser` },
      });
      expect(shell(path, 'git rev-parse banger/web')).toBe(before);
      shell(path, 'cd ../rebaser; git rebase --abort; git checkout -q --detach');
      expect((await exportWork(bench, workspace)).plan.outcome).toBe('updated');
    });

    it('comes from a repository with a branch that leads nowhere: that is told', async () => {
      const workspace = await bench.prepared('broken', 'git commit -q --allow-empty -m one');
      const path = workspace.hostPath;
      shell(path, `echo ${'ab'.repeat(20)} > .git/refs/heads/broken`);
      await expect(exportWork(bench, workspace)).rejects.toMatchObject({
        kind: 'WORKSPACE_REPOSITORY_UNUSABLE',
        why: expect.stringContaining('broken'),
      });
    });

    it('is not moved when somebody moves it meanwhile', async () => {
      const workspace = await bench.prepared('raced', 'git commit -q --allow-empty -m one');
      const path = workspace.hostPath;
      const meanwhile = (): void => void shell(path, 'git branch banger/web');
      await expect(exportWork(bench, workspace, { meanwhile })).rejects.toMatchObject({
        kind: 'WORKSPACE_BRANCH_TAKEN',
      });
      expect(shell(path, 'git rev-parse banger/web main | sort -u | wc -l').trim()).toBe('1');
    });

    it('comes to where the repository is now', async () => {
      const workspace = await bench.prepared('moved', 'git commit -q --allow-empty -m one');
      const path = workspace.hostPath;
      shell(path, 'cd ..; mv moved moved-on');
      await expect(exportWork(bench, workspace)).rejects.toMatchObject({
        kind: 'WORKSPACE_REPOSITORY_UNUSABLE',
        fix: expect.stringContaining('--to PATH'),
      });
      await exportWork(bench, workspace, { to: `${path}-on` });
      expect(shell(`${path}-on`, 'git log -1 --format=%s banger/web')).toBe('one\n');
      const other = await bench.repository('not it', 'git commit -q --allow-empty -m another', {
        empty: true,
      });
      await expect(exportWork(bench, workspace, { to: other })).rejects.toMatchObject({
        kind: 'WORKSPACE_REPOSITORY_UNUSABLE',
      });
    });
  },
);
