import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { whyNoSshd } from '../ssh/support/sshd.js';
import { checkoutOf, exportWork } from './support/exporting.js';
import { shell, WorkspaceBench } from './support/workspace.js';

const reason = whyNoSshd();

const HOOKS = [
  'applypatch-msg commit-msg fsmonitor-watchman post-applypatch post-checkout post-commit post-index-change post-merge',
  'post-receive post-rewrite post-update pre-applypatch pre-auto-gc pre-commit pre-merge-commit pre-push pre-rebase',
  'pre-receive prepare-commit-msg proc-receive push-to-checkout reference-transaction sendemail-validate update',
].join(' ');

/** Everything that a repository can have git run writes a file; and everything that it can have git be. */
const ARMED = (ran: string): string => `
printf '#!/bin/sh\\ntouch "${ran}/hook-$(basename "$0")"\\n' > h; chmod +x h
for hook in ${HOOKS}; do cp h .git/hooks/$hook; done; rm h
git config core.fsmonitor 'touch ${ran}/fsmonitor; false'
git config core.sshCommand 'touch ${ran}/ssh'; git config core.pager 'touch ${ran}/pager'
git config core.editor 'touch ${ran}/editor'; git config core.alternateRefsCommand 'touch ${ran}/alternates'
git config url.ext::true.insteadOf /; git config gc.auto 1; git config gc.autoPackLimit 1
git config gc.recentObjectsHook 'touch ${ran}/recent'; git config diff.external 'touch ${ran}/diff'
git config filter.x.clean 'touch ${ran}/clean; cat'; git config filter.x.smudge 'touch ${ran}/smudge; cat'
git config merge.x.driver 'touch ${ran}/driver; false'; git config merge.default x
git config commit.gpgSign true; git config gpg.program ${ran}/../gpg; git config merge.verifySignatures true
git config branch.main.mergeOptions '--no-ff -s ours'; git config merge.autoStash true; git config submodule.recurse true
printf '#!/bin/sh\\ntouch ${ran}/gpg\\n' > ${ran}/../gpg; chmod +x ${ran}/../gpg
printf '* filter=x merge=x diff=x\\n' > .git/info/attributes`;

describe.skipIf(reason !== undefined)(
  `an export into a repository whose config and hooks run programs${reason === undefined ? '' : `: ${reason}`}`,
  () => {
    let bench: WorkspaceBench;
    let ran: string;
    beforeAll(async () => {
      bench = await WorkspaceBench.start();
      ran = `${bench.directory}/ran`;
      shell(bench.directory, 'mkdir ran');
    });
    afterEach(() => expect(bench.leftovers).toEqual([]));
    afterAll(() => bench.stop());

    it('runs none of them, and merges as ever', async () => {
      const path = await bench.repository('armed', '');
      const workspace = await bench.import(path);
      shell(
        workspace.guestPath,
        `printf 'guest\\n' >> a.txt; printf n > new; git add -A; git commit -q -m work`,
      );
      shell(path, `printf 'host\\n' >> b.txt; git commit -q -am host; ${ARMED(ran)}`);
      const before = checkoutOf(path);
      const { workspace: exported } = await exportWork(bench, workspace);
      expect(shell(ran, 'ls')).toBe('');
      expect(checkoutOf(path)).toEqual(before);
      const { plan } = await exportWork(bench, exported, { merge: true });
      expect(plan.merge).toMatchObject({ kind: 'merge', into: 'main' });
      expect(shell(ran, 'ls')).toBe('');
      expect(shell(path, 'cat new; git log -1 --format=%p main')).toMatch(/^n\w+ \w+\n$/);
      // They would have: the same by hand.
      shell(path, 'git -c commit.gpgSign=false -c core.fsmonitor=false commit -q --allow-empty -m x || true');
      expect(shell(ran, 'ls')).toMatch(/hook-reference-transaction/);
      shell(ran, 'rm *');
    });

    it('makes nothing of what the guest has in its config', async () => {
      const path = await bench.repository('armed guest', '');
      const workspace = await bench.import(path);
      shell(
        workspace.guestPath,
        `printf 'guest\\n' >> a.txt; git commit -q -am work; echo u > u; ${ARMED(ran)}`,
      );
      shell(
        workspace.guestPath,
        `rm .git/info/attributes; echo /etc > .git/objects/info/alternates; ln -s /etc .git/refs/heads/etc`,
      );
      const before = checkoutOf(path);
      await exportWork(bench, workspace);
      expect(checkoutOf(path)).toEqual(before);
      expect(shell(path, 'git show banger/web:u; ls .git/objects/info')).toBe('u\n');
      expect(shell(ran, 'ls')).toBe('');
    });
  },
);
