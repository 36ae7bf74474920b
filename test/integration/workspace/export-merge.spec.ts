import { describe, expect, it } from 'vitest';
import { whyNoSshd } from '../ssh/support/sshd.js';
import { exportWork } from './support/exporting.js';
import { withBench } from './support/with-bench.js';
import { fingerprint, shell } from './support/workspace.js';
import type { WorkspaceBench } from './support/workspace.js';

const reason = whyNoSshd();

describe.skipIf(reason !== undefined)(
  `the merge of an export${reason === undefined ? '' : `: ${reason}`}`,
  () => {
    let bench: WorkspaceBench;
    withBench((started) => (bench = started));

    const GUEST = `printf 'of the guest\\n' >> a.txt; mkdir -p out; printf new > out/new.txt; git add -A; git commit -q -m work`;

    async function both(
      name: string,
      host: string,
      guest = GUEST,
    ): Promise<{ path: string; run: (merge?: boolean) => ReturnType<typeof exportWork> }> {
      const workspace = await bench.prepared(name, guest);
      shell(workspace.hostPath, host);
      return { path: workspace.hostPath, run: (merge = true) => exportWork(bench, workspace, { merge }) };
    }

    it('is not made where both sides changed a file: that is told, and nothing changes', async () => {
      const { path, run } = await both(
        'conflict',
        `printf 'of the host\\n' >> a.txt; git commit -q -am host`,
      );
      const before = fingerprint(path);
      await expect(run()).rejects.toMatchObject({
        kind: 'WORKSPACE_MERGE_CONFLICT',
        details: { into: 'main', files: ['a.txt'] },
      });
      expect(fingerprint(path)).toBe(before);
    });

    it('joins both where the host changed another file', async () => {
      const { path, run } = await both(
        'clean',
        `printf 'of the host\\n' >> b.txt; git commit -q -am host; printf u > untracked`,
      );
      expect((await run()).plan).toMatchObject({
        outcome: 'created',
        merge: { kind: 'merge', into: 'main' },
      });
      expect(shell(path, 'git status --porcelain; cat out/new.txt; tail -qn1 a.txt b.txt')).toBe(
        '?? untracked\nnewof the guest\nof the host\n',
      );
      expect(shell(path, "git log -1 --format='%an %s' main; git log -1 --format=%s main^2")).toBe(
        "Host Merge branch 'banger/web'\nwork\n",
      );
      shell(path, 'git fsck --strict; git merge-base --is-ancestor banger/web main');
    });

    it('moves forward where the host did nothing, and is none the second time', async () => {
      const { path, run } = await both('forward', 'true');
      expect((await run()).plan).toMatchObject({ merge: { kind: 'fast-forward', into: 'main' } });
      expect(shell(path, 'git status --porcelain; git rev-parse main banger/web | sort -u | wc -l')).toBe(
        '1\n',
      );
      expect((await run()).plan).toMatchObject({ outcome: 'unchanged', merge: { kind: 'none' } });
    });

    it('is finished by a repeat, wherever it was cut off', async () => {
      const { path, run } = await both('cut off', `printf 'of the host\\n' >> b.txt; git commit -q -am host`);
      await run();
      // Files and index are there, HEAD and branch are not.
      shell(path, 'git reset -q --soft HEAD^1; git branch -q -D banger/web');
      expect((await run()).plan).toMatchObject({
        outcome: 'created',
        merge: { kind: 'merge', onlyHead: true },
      });
      expect(shell(path, 'git status --porcelain; git log -1 --format=%s main^2')).toBe('work\n');
      // Only the branch is not.
      shell(path, 'git branch -q -D banger/web');
      expect((await run()).plan).toMatchObject({ outcome: 'created', merge: { kind: 'none' } });
    });

    it.each<[string, string, object]>([
      ['a changed file', 'printf x >> b.txt', { files: ['b.txt'] }],
      ['a staged file', 'printf x > s; git add s', { files: ['s'] }],
      ['a deleted file', 'rm dir/c.txt', { files: ['dir/c.txt'] }],
      ['an untracked file in the way', 'mkdir out; printf mine > out/new.txt', { files: ['out/new.txt'] }],
      [
        'an ignored file in the way',
        'echo out > .git/info/exclude; mkdir out; printf mine > out/new.txt',
        { files: ['out/new.txt'] },
      ],
      ['a file in the way of a directory', 'printf mine > out', {}],
      ['a directory in the way of a file', 'mkdir -p out/new.txt; printf mine > out/new.txt/mine', {}],
      [
        'an ignored file in the way of a directory',
        'echo out > .git/info/exclude; printf mine > out',
        { files: ['out'] },
      ],
      [
        'an ignored directory in the way of a file',
        'echo out > .git/info/exclude; mkdir -p out/new.txt; printf mine > out/new.txt/mine',
        { files: ['out/new.txt/'] },
      ],
      ['a link in the way', 'mkdir ../elsewhere; ln -s ../elsewhere out', { files: ['out'] }],
      ['a merge under way', 'git rev-parse HEAD > .git/MERGE_HEAD', { files: ['.git/MERGE_HEAD'] }],
      ['a rebase under way', 'mkdir .git/rebase-merge', { files: ['.git/rebase-merge'] }],
      [
        'a bisection under way',
        'git bisect -q start 2>/dev/null >&2 || git bisect start >/dev/null',
        { files: ['.git/BISECT_LOG'] },
      ],
    ])('is refused, and nothing changes: %s', async (name, host, details) => {
      const { path, run } = await both(`refused ${name}`, host);
      const before = fingerprint(path);
      await expect(run()).rejects.toMatchObject({ kind: 'WORKSPACE_TREE_DIRTY', details });
      expect(fingerprint(path)).toBe(before);
    });

    it('is refused while another git is at work', async () => {
      const { path, run } = await both('locked', ': > .git/index.lock');
      const before = fingerprint(path);
      await expect(run()).rejects.toMatchObject({
        kind: 'WORKSPACE_REPOSITORY_UNUSABLE',
        why: expect.stringContaining('index.lock'),
      });
      expect(fingerprint(path)).toBe(before);
      await run(false);
    });

    it('is taken back where a file cannot be written', async () => {
      const path = await bench.repository('unwritable', '');
      shell(path, 'echo old > z.txt; git add z.txt; git commit -q -m z; chown -R nobody:nogroup .');
      const workspace = await bench.import(path);
      shell(
        workspace.guestPath,
        'echo new > a.txt; echo new > dir/c.txt; echo new > added; echo x > dir/x; git add -A; git commit -q -m work',
      );
      const files =
        "find . -path ./.git -prune -o -type f -printf '%p ' -exec sha256sum {} + | sort; git ls-files -s; git rev-parse HEAD";
      const before = shell(
        path,
        `export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=safe.directory GIT_CONFIG_VALUE_0='*'; ${files}`,
      );
      const meanwhile = (): void => void shell(path, 'chmod 555 dir');
      await expect(exportWork(bench, workspace, { merge: true, meanwhile })).rejects.toMatchObject({
        kind: 'WORKSPACE_REPOSITORY_UNUSABLE',
        why: expect.stringContaining('dir/'),
      });
      shell(path, 'chmod 755 dir');
      const after = shell(
        path,
        `export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=safe.directory GIT_CONFIG_VALUE_0='*'; ${files}`,
      );
      expect(after).toBe(before);
    });

    it('gives a repository without a commit its first', async () => {
      const path = await bench.repository('unborn', '', { empty: true });
      const workspace = await bench.import(path);
      shell(workspace.guestPath, GUEST);
      const { plan } = await exportWork(bench, workspace, { merge: true });
      expect(plan.merge).toMatchObject({ kind: 'fast-forward', into: 'main' });
      expect(shell(path, 'git status --porcelain; git log --format=%s; ls')).toBe('work\na.txt\nout\n');
    });

    it('runs no filter of the host, and tells which files have one', async () => {
      const ran = `${bench.directory}/ran`;
      const { path, run } = await both(
        'filtered',
        `git config filter.x.smudge 'touch ${ran}; cat'; git config filter.x.clean cat; echo '*.txt filter=x' > .git/info/attributes`,
      );
      const { plan } = await run();
      expect(plan.warnings).toEqual([
        'filters are not run, so that files are as git stores them: a.txt, out/new.txt',
      ]);
      expect(shell(path, `ls ${ran} 2>/dev/null || true`)).toBe('');
    });
  },
);
