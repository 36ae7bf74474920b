import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { SshConnection } from '../../../src/core/ssh/index.js';
import { whyNoSshd } from '../ssh/support/sshd.js';
import { shell, state, WorkspaceBench } from './support/workspace.js';

const reason = whyNoSshd();

describe.skipIf(reason !== undefined)(`interrupted${reason === undefined ? '' : `: ${reason}`}`, () => {
  let bench: WorkspaceBench;
  /** whose scripts find nobody who reads what they write, as after the daemon's death */
  let unheard: SshConnection;
  beforeAll(async () => {
    bench = await WorkspaceBench.start();
    unheard = changing((line) => `${line.replace('exec ', '')} 2>&1 | true`);
  });
  afterAll(() => bench.stop());
  afterEach(() => {
    expect(bench.leftovers).toEqual([]);
    expect(shell(bench.guestBase, 'ls -A | grep banger-import || true')).toBe('');
  });

  const changing = (change: (line: string, call: number) => string): SshConnection => {
    let calls = 0;
    return {
      open: ({ line }: { line: string }) => bench.ssh.open({ line: change(line, (calls += 1)) }),
    } as unknown as SshConnection;
  };
  const imported = async (name: string, options: { mode?: 'full' | 'shallow' } = {}) => {
    const path = await bench.repository(name, '');
    const { warnings: _warnings, ...first } = await bench.import(path, options);
    return { path, first };
  };
  const guest = (path: string): unknown => ({
    ...state(path),
    files: shell(path, 'find . -path ./.git -prune -o -type f -print0 | sort -z | xargs -0 sha1sum'),
    refs: shell(path, 'git for-each-ref'),
    left: shell(path, 'ls -A .git/banger; ls .git/*.lock 2>/dev/null || true'),
  });

  // An import that ended in the guest after the daemon was killed could never be prepared again: WORKSPACE_TARGET_TAKEN.
  it('an import of which the daemon does not know is taken on, and its work is kept', async () => {
    const { path, first } = await imported('unknown');
    expect(await bench.prepare(path, [])).toMatchObject({ unchanged: false, workspace: first });
    shell(path, 'echo next >> a.txt; git commit -q -am next');
    shell(first.guestPath, 'echo mine > mine');
    await expect(bench.prepare(path, [])).rejects.toMatchObject({ kind: 'WORKSPACE_HAS_WORK' });
    shell(first.guestPath, 'rm mine');
    const { workspace } = await bench.prepare(path, []);
    expect(state(workspace.guestPath)).toEqual(state(path));
  });

  it('an import that nobody waits for any more leaves nothing', async () => {
    const path = await bench.repository('alone', '');
    await bench.prepare(path, [], { ssh: unheard });
    expect(shell(bench.guestBase, 'ls -A')).not.toContain('alone');
    await bench.prepare(path, []);
  });

  it('an update that nobody waits for any more changes nothing, and puts nothing aside', async () => {
    const { path, first } = await imported('left');
    shell(path, 'echo next >> a.txt; git commit -q -am next');
    const clean = guest(first.guestPath);
    await bench.prepare(path, [first], { ssh: unheard });
    expect(guest(first.guestPath)).toEqual(clean);
    shell(first.guestPath, 'echo mine > mine');
    const before = guest(first.guestPath);
    // The first script finds that work has been done, the second looks, the third updates.
    const ssh = changing((line, call) => (call < 3 ? line : `${line.replace('exec ', '')} 2>&1 | true`));
    await bench.prepare(path, [first], { ssh, force: true });
    expect(guest(first.guestPath)).toEqual(before);
  });

  // The lock of an update that died with its guest stood in the way of all later ones.
  it('what a guest that went down half-way has left is in nobody’s way', async () => {
    const { path, first } = await imported('crashed');
    shell(path, 'echo next >> a.txt; git commit -q -am next');
    shell(
      first.guestPath,
      'echo "banger another-boot 1" > .git/index.lock; cd .git/banger; mkdir work; cd work; touch next',
    );
    shell(bench.guestBase, 'mkdir -p .banger-import.a1b2c3/.git');
    await bench.prepare(path, [first]);
    expect(state(first.guestPath)).toEqual(state(path));
    expect(shell(first.guestPath, 'ls -A .git/banger; ls .git/*.lock 2>/dev/null || true')).toBe('import\n');
    await bench.prepare(await bench.repository('beside', ''), []);
  });

  // What was written between the last look and the checkout was overwritten.
  it.each([
    ['shallow', 'WORKSPACE_HAS_WORK'],
    ['full', 'WORKSPACE_IMPORT_FAILED'],
  ] as const)('a file that is changed in the last moment is not overwritten: %s', async (mode, kind) => {
    const { path, first } = await imported(`late ${mode}`, { mode });
    shell(path, 'echo next >> a.txt; git commit -q -am next');
    const shims = `${bench.directory}/shims-${mode}`;
    mkdirSync(shims);
    const late = 'case "$*" in *" ls-files "*) ;; *read-tree*) echo late >> a.txt ;; esac';
    writeFileSync(`${shims}/git`, `#!/bin/sh\n${late}\nexec /usr/bin/git "$@"\n`);
    chmodSync(`${shims}/git`, 0o755);
    const ssh = changing((line) => `PATH=${shims}:$PATH; export PATH; ${line}`);
    await expect(bench.prepare(path, [first], { ssh })).rejects.toMatchObject({ kind });
    expect(shell(first.guestPath, 'cat a.txt')).toBe('one\nmore\nlate\n');
    expect(shell(first.guestPath, 'git log -1 --format=%s')).toBe('second\n');
  });

  // The disk was so full that what had been checked out could not be taken back.
  it('a disk that is full half-way leaves the guest as it was', async () => {
    const at = `${bench.guestBase}/small/full`;
    shell(bench.guestBase, 'mkdir small; mount -t tmpfs -o size=24m none small');
    try {
      const path = await bench.repository('full', 'echo dirty >> b.txt; echo new > new');
      const { warnings: _warnings, ...first } = await bench.import(path, { at });
      shell(
        path,
        `mkdir more; for i in 1 2 3 4 5 6 7 8; do head -c 6000000 /dev/zero | tr '\\0' $i > more/$i; done
        echo changed >> a.txt; git rm -q dir/c.txt; git add .; git commit -q -m big`,
      );
      const before = guest(at);
      for (let attempt = 1; attempt <= 2; attempt += 1) {
        await expect(bench.prepare(path, [first], { at })).rejects.toMatchObject({
          kind: 'WORKSPACE_IMPORT_FAILED',
          details: { step: 'checkout' },
        });
        expect(guest(at)).toEqual(before);
        expect(shell(at, 'ls')).not.toContain('more');
      }
    } finally {
      shell(bench.guestBase, 'umount small; rmdir small');
    }
  });
});
