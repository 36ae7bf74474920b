import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { whyNoSshd } from '../ssh/support/sshd.js';
import { checkoutOf, exportWork } from './support/exporting.js';
import { foreignRepository } from './support/foreign-repository.js';
import { fingerprint, shell, state, WorkspaceBench } from './support/workspace.js';

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
    beforeAll(async () => {
      bench = await WorkspaceBench.start();
    });
    afterEach(() => expect(bench.leftovers).toEqual([]));
    afterAll(() => bench.stop());

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
  },
);
