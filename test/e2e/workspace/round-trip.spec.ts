import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type {
  VmForkView,
  VmView,
  WorkspaceExportView,
  WorkspacePrepareView,
  WorkspaceStatusView,
} from '../../../src/contract/index.js';
import { NO_BACKGROUND_WORK, TestHost } from '../../support/test-host.js';

/** The tree of all that is in the guest's repository, committed or not, without a trace in it. */
const TREE = `cd "$1"; cp .git/index /tmp/index; export GIT_INDEX_FILE=/tmp/index; git add -A; git write-tree; rm /tmp/index`;

const STATUS = ['status', '--porcelain=v2', '-z'];

/** The guest's share: commits, and more that is not committed. */
const WORK = `set -e; cd "$1"; git config user.name Agent; git config user.email agent@example.com
printf 'by the agent\\n' >> work.txt; git mv moved.txt elsewhere.txt; rm gone.txt; printf '\\000\\377\\000' > new.bin
git add -A; GIT_AUTHOR_DATE='2021-02-03T04:05:06+0700' git commit -qm 'The agent was here'
printf 'more\\n' > more.txt; git add more.txt; git commit -qm 'And again'
printf 'not committed\\n' >> work.txt; chmod +x more.txt; ln -s work.txt to-work; printf 'nowhere known\\n' > untracked`;

function git(directory: string, ...args: string[]): string {
  const identity = ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.com'];
  return execFileSync('git', [...identity, ...args], {
    cwd: directory,
    encoding: 'latin1',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** In every state that a file can be in. */
function makeDirtyRepository(path: string): void {
  mkdirSync(path);
  git(path, 'init', '-q', '-b', 'main');
  git(path, 'config', 'user.name', 'Ada');
  git(path, 'config', 'user.email', 'ada@example.com');
  const files = ['work', 'moved', 'gone', 'staged', 'unstaged', 'both', 'shared'];
  for (const name of files) writeFileSync(join(path, `${name}.txt`), `${name}\n`.repeat(20));
  writeFileSync(join(path, 'image.bin'), Buffer.from([0, 1, 2, 255, 0]));
  writeFileSync(join(path, 'run.sh'), '#!/bin/sh\n');
  git(path, 'add', '.');
  git(path, 'commit', '-qm', 'First');
  git(path, 'commit', '-q', '--allow-empty', '-m', 'Second');
  appendFileSync(join(path, 'staged.txt'), 'staged\n');
  appendFileSync(join(path, 'both.txt'), 'staged\n');
  git(path, 'add', 'staged.txt', 'both.txt');
  git(path, 'mv', 'image.bin', 'picture.bin');
  appendFileSync(join(path, 'both.txt'), 'not staged\n');
  appendFileSync(join(path, 'unstaged.txt'), 'not staged\n');
  chmodSync(join(path, 'run.sh'), 0o755);
  symlinkSync('work.txt', join(path, 'link'));
  writeFileSync(join(path, 'a name with ünïcode'), 'untracked\n');
}

describe('a repository', () => {
  let host: TestHost;
  let parent: string;
  let shop: string;
  beforeAll(async () => {
    host = await TestHost.create();
    writeFileSync(join(host.directory, 'config.toml'), `${NO_BACKGROUND_WORK}[vm]\nmemory_percent = 20\n`);
    parent = mkdtempSync(join(tmpdir(), 'bgr-round-'));
    shop = join(parent, 'shop');
    makeDirtyRepository(shop);
    await host.json<VmView>(['vm', 'create', '--name', 'web', '--memory', '256m', shop]);
  });
  afterAll(async () => {
    const vms = await host.json<VmView[]>(['vm', 'list']);
    await host.banger(['vm', 'delete', '--force', ...vms.map(({ name }) => name)]);
    await host.assertClean();
    await host.close();
    rmSync(parent, { recursive: true, force: true });
  });

  async function inside(vm: string, script: string, at = '/root/shop'): Promise<string> {
    const result = await host.banger(['vm', 'exec', vm, '--', 'sh', '-c', script, 'sh', at]);
    expect(result, result.stderr).toMatchObject({ exitCode: 0 });
    return result.stdout.trim();
  }

  /** Everything of the host's that an export must not touch. */
  function untouched(directory: string): string {
    const script =
      'find . -path ./.git -prune -o -printf "%p %m %T@ %l\\n" -type f -exec sha256sum {} + | sort; ' +
      'cd .git; sha256sum HEAD index config; find hooks -type f -exec sha256sum {} +; git for-each-ref | grep -v refs/heads/banger/';
    return execFileSync('sh', ['-c', script], { cwd: directory, encoding: 'latin1' });
  }

  function exported(vm: string, ...options: string[]): Promise<WorkspaceExportView> {
    return host.json<WorkspaceExportView>(['workspace', 'export', vm, ...options]);
  }

  it('says of itself in the VM what it says on the host, and comes back as commits; the host’s tree stays', async () => {
    const before = untouched(shop);
    const guestStatus = await host.banger(['vm', 'exec', 'web', '--', 'git', ...STATUS]);
    expect(Buffer.from(guestStatus.stdout).toString('latin1')).toBe(git(shop, ...STATUS));
    await inside('web', WORK);
    const tree = await inside('web', TREE);

    const view = await exported('web');
    expect(view).toMatchObject({
      branch: 'banger/web',
      outcome: 'created',
      uncommitted: true,
      commits: 3,
      tree,
    });
    expect(git(shop, 'rev-parse', 'banger/web^{tree}').trim()).toBe(tree);
    expect(git(shop, 'log', '--format=%an %ad %s', '--date=iso', 'main..banger/web').split('\n')).toEqual([
      expect.stringMatching(/ Uncommitted work of VM web$/),
      expect.stringMatching(/^Agent .* And again$/),
      'Agent 2021-02-03 04:05:06 +0700 The agent was here',
      '',
    ]);
    expect(await exported('web')).toMatchObject({ outcome: 'unchanged', commit: view.commit });
    expect(untouched(shop)).toBe(before);
  });

  it('is told as a patch that git takes, and as a status', async () => {
    const patch = await host.banger(['workspace', 'diff', 'web']);
    const clone = join(parent, 'clone');
    git(parent, 'clone', '-q', shop, clone);
    const file = join(parent, 'web.patch');
    writeFileSync(file, patch.stdout, 'utf8');
    git(clone, 'apply', '--index', file);
    expect(git(clone, 'write-tree').trim()).toBe(await inside('web', TREE));
    const status = await host.json<WorkspaceStatusView>(['workspace', 'status', 'web']);
    expect(status).toMatchObject({
      branch: 'main',
      commitsAhead: 2,
      host: { branch: 'main', commitsSince: 0 },
    });
    expect(status.files).toContainEqual({ path: 'untracked', change: 'added', uncommitted: true });
    expect(status.files).toContainEqual({ path: 'gone.txt', change: 'deleted', uncommitted: false });
  });

  it('is not brought in anew over work, but with --force, which keeps the work', async () => {
    git(shop, 'stash', '-q', '-u');
    writeFileSync(join(shop, 'hosts.txt'), 'the host went on\n');
    git(shop, 'add', '.');
    git(shop, 'commit', '-qm', 'Third');
    // what was exported is on the host already, and would not be lost
    await inside('web', 'cd "$1"; echo later >> untracked');
    const refused = await host.banger(['workspace', 'prepare', 'web', shop]);
    expect(refused).toMatchObject({ exitCode: 4 });
    expect(refused.stderr).toContain('--force');
    expect(await inside('web', 'cd "$1"; cat untracked; git log -1 --format=%s')).toBe(
      'nowhere known\nlater\nAnd again',
    );
    const forced = await host.json<WorkspacePrepareView>(['workspace', 'prepare', '--force', 'web', shop]);
    expect(forced).toMatchObject({
      stashed: true,
      workspace: { head: git(shop, 'rev-parse', 'HEAD').trim() },
    });
    expect(await inside('web', 'cd "$1"; git status --porcelain; git log -1 --format=%s')).toBe('Third');
    // the commits are in the host's banger/web
    expect(forced.savedBranch).toBeUndefined();
    expect(await inside('web', 'cd "$1"; git stash list | wc -l')).toBe('1');
  });

  it('has each fork’s work on a branch of its own, and two forks can be compared', async () => {
    const dirty = 'cd "$1"; echo "of all" > all.txt; git add all.txt; echo "more of all" >> all.txt';
    await inside('web', dirty);
    const fork = await host.json<VmForkView>(['vm', 'fork', 'web', '--count', '3', '--branch', 'try-{n}']);
    expect(fork.failures).toBeUndefined();
    const vms = ['web', ...fork.copies.map(({ name }) => name)];
    expect(vms).toEqual(['web', 'web-1', 'web-2', 'web-3']);
    const trees = new Map<string, string>();
    for (const vm of vms) {
      await inside(vm, `cd "$1"; echo ${vm} > own.txt; git add own.txt; git commit -qm 'By ${vm}' own.txt`);
      trees.set(vm, await inside(vm, TREE));
    }
    expect(await inside('web-2', 'cd "$1"; git branch --show-current; cat all.txt')).toBe(
      'try-2\nof all\nmore of all',
    );
    for (const vm of vms) {
      const branch = `work/${vm}`;
      expect(await exported(vm, '--branch', branch)).toMatchObject({
        outcome: 'created',
        tree: trees.get(vm),
      });
      expect(git(shop, 'rev-parse', `${branch}^{tree}`).trim()).toBe(trees.get(vm));
    }
    const between = await host.banger(['workspace', 'diff', 'web-1', 'web-3']);
    expect(between.stdout).toBe(git(shop, 'diff', '--binary', '--full-index', 'work/web-1', 'work/web-3'));
    expect(between.stdout).toContain('-web-1\n+web-3');
    await host.json(['vm', 'delete', '--force', 'web-2', 'web-3']);
  });

  it('is merged where that is clean; a conflict changes nothing, and is told', async () => {
    appendFileSync(join(shop, 'unstaged.txt'), 'another file\n');
    git(shop, 'commit', '-qam', 'Fourth');
    const merged = await exported('web', '--merge', '--branch', 'merged');
    expect(merged).toMatchObject({ merged: { into: 'main', kind: 'merge' } });
    expect(git(shop, 'status', '--porcelain')).toBe('');
    expect(git(shop, 'show', 'HEAD:own.txt')).toBe('web\n');

    writeFileSync(join(shop, 'own.txt'), 'the host has its own\n');
    git(shop, 'commit', '-qam', 'Fifth');
    const [before, branches] = [untouched(shop), git(shop, 'for-each-ref')];
    const conflict = await host.banger(['workspace', 'export', 'web-1', '--merge']);
    expect(conflict).toMatchObject({ exitCode: 4 });
    expect(conflict.stderr).toContain('own.txt');
    expect([untouched(shop), git(shop, 'for-each-ref')]).toEqual([before, branches]);
  });

  it('is one of several in a VM', async () => {
    const other = join(parent, 'other');
    mkdirSync(other);
    git(other, 'init', '-q', '-b', 'trunk');
    writeFileSync(join(other, 'file'), 'one\n');
    git(other, 'add', '.');
    git(other, 'commit', '-qm', 'One');
    await host.json(['workspace', 'prepare', 'web', other, '--at', '/srv/other', '--branch', 'topic']);
    await inside('web', 'cd "$1"; echo two >> file', '/srv/other');
    const unclear = await host.banger(['workspace', 'status', 'web']);
    expect(unclear).toMatchObject({ exitCode: 4 });
    expect(unclear.stderr).toContain('/srv/other');
    const view = await exported('web', '--at', 'other');
    expect(view).toMatchObject({ repository: other, commits: 1, uncommitted: true });
    expect(git(other, 'show', 'banger/web:file')).toBe('one\ntwo\n');
    const [, second] = (await host.json<VmView>(['vm', 'show', 'web'])).workspaces;
    expect(second).toMatchObject({ guestPath: '/srv/other', branch: 'topic' });
  });
});
