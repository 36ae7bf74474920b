import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { VmWorkspaceView } from '../../../src/contract/index.js';
import { whyNoSshd } from '../ssh/support/sshd.js';
import { exportWork } from './support/exporting.js';
import { shell, WorkspaceBench } from './support/workspace.js';

const reason = whyNoSshd();

/** Objects can take minutes to be brought over: the user goes on working meanwhile. */
describe.skipIf(reason !== undefined)(
  `what the user does while a merge is made${reason === undefined ? '' : `: ${reason}`}`,
  () => {
    let bench: WorkspaceBench;
    beforeAll(async () => {
      bench = await WorkspaceBench.start();
    });
    afterEach(() => expect(bench.leftovers).toEqual([]));
    afterAll(() => bench.stop());

    const GUEST = `echo guest >> a.txt; echo guest > dir/c.txt; mkdir -p out; echo guest > out/new; git add -Af . out; git commit -q -m work`;
    const AS_ROOT = `export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=safe.directory GIT_CONFIG_VALUE_0='*';`;
    const LOOK = `${AS_ROOT} git status --porcelain; git rev-parse HEAD; git for-each-ref; tail -n+1 *.txt dir/* out/* 2>/dev/null || true`;

    async function begun(name: string): Promise<{ path: string; workspace: VmWorkspaceView }> {
      const path = await bench.repository(name, 'echo out > .git/info/exclude');
      shell(path, 'chown -R nobody:nogroup .');
      const workspace = await bench.import(path);
      shell(workspace.guestPath, GUEST);
      return { path, workspace };
    }

    it.each([
      ['a file that the merge changes', 'echo mine >> a.txt'],
      ['an untracked file in the way', ': > .git/info/exclude; mkdir out; echo mine > out/new'],
      ['an ignored file in the way', 'mkdir out; echo mine > out/new'],
      ['an ignored file in the way of a directory', 'echo mine > out'],
    ])('stays, and the merge does not happen: %s', async (name, script) => {
      const { path, workspace } = await begun(`edits ${name}`);
      let before = '';
      const meanwhile = (): void => {
        shell(path, `${script}; chown -R nobody:nogroup .`);
        before = shell(path, LOOK);
      };
      await expect(exportWork(bench, workspace, { merge: true, meanwhile })).rejects.toMatchObject({
        kind: expect.stringMatching(/WORKSPACE_TREE_DIRTY|WORKSPACE_REPOSITORY_UNUSABLE/),
      });
      expect(shell(path, LOOK)).toBe(before);
    });

    it('stays when it is a commit: the merge does not happen, and index and files are those of the commit', async () => {
      const { path, workspace } = await begun('commits');
      let before = '';
      const meanwhile = (): void => {
        shell(path, `${AS_ROOT} echo mine >> b.txt; git commit -q -am mine; chown -R nobody:nogroup .`);
        before = shell(path, LOOK);
      };
      await expect(exportWork(bench, workspace, { merge: true, meanwhile })).rejects.toMatchObject({
        kind: 'WORKSPACE_REPOSITORY_UNUSABLE',
      });
      expect(shell(path, LOOK)).toBe(before);
    });

    it('finds all as it was when the branch that is checked out is locked', async () => {
      const { path, workspace } = await begun('locked');
      shell(path, ': > .git/refs/heads/main.lock');
      const before = shell(path, LOOK);
      await expect(exportWork(bench, workspace, { merge: true })).rejects.toMatchObject({
        kind: 'WORKSPACE_REPOSITORY_UNUSABLE',
        why: expect.stringContaining('main.lock'),
      });
      expect(shell(path, LOOK)).toBe(before);
    });

    it('stays when the merge is taken back: an edit of a file that the merge leaves alone', async () => {
      const { path, workspace } = await begun('taken back');
      let before = '';
      const meanwhile = (): void => {
        shell(path, 'echo mine >> b.txt; chown nobody:nogroup b.txt; chmod 555 dir');
        before = shell(path, LOOK);
      };
      await expect(exportWork(bench, workspace, { merge: true, meanwhile })).rejects.toMatchObject({
        kind: 'WORKSPACE_REPOSITORY_UNUSABLE',
        why: expect.stringContaining('dir/'),
      });
      expect(shell(path, LOOK)).toBe(before);
      expect(before).toContain('mine');
    });
  },
);
