import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { filterDrivers, guestConfig, guestSparseConfig, withoutFilters } from './guest-config.js';
import { guestScript } from './guest-script.js';
import type { GuestImport } from './guest-script.js';

const TREE = '4b825dc642cb6eb9a060e54bf8d69288fbee4904';
const OTHER = '9a72323797a8566b1fecd860f0e802acafb36594';
const FACTS: GuestImport = {
  target: `/root/it's here`,
  workingDirectory: `/root/it's here/sub`,
  requiredBytes: 5_000_000,
  objectFormat: 'sha1',
  pack: 'pack-1',
  partial: false,
  worktreeTree: TREE,
  indexTree: TREE,
  config: '',
  sparseConfig: '',
  symbolicRefs: [],
  source: OTHER,
  readonly: false,
  blobs: {},
  texts: {},
};

describe('guestScript', () => {
  it.each([
    ['the least', FACTS],
    [
      'everything',
      {
        ...FACTS,
        objectFormat: 'sha256',
        head: OTHER,
        partial: true,
        readonly: true,
        symbolicRefs: [{ name: 'refs/remotes/origin/HEAD', target: `refs/remotes/origin/a'b` }],
        symbolicHead: `refs/heads/a'b;$(id)`,
        indexTree: OTHER,
        config: guestConfig(new Map([['user.name', `O'Neil "x" \\ $(id)`]])),
        sparseConfig: '[core]\n',
        texts: { [OTHER]: `*.o\nit's $(id)\n` },
        blobs: {
          staged: OTHER,
          unmerged: OTHER,
          intentToAdd: OTHER,
          skipWorktree: OTHER,
          assumeUnchanged: OTHER,
          repositories: OTHER,
          exclude: OTHER,
          attributes: OTHER,
          globalAttributes: OTHER,
          sparse: OTHER,
          shallow: OTHER,
          refs: OTHER,
        },
      },
    ],
  ])('is a script that POSIX shells accept: %s', (_name, facts) => {
    for (const shell of ['sh', 'bash', 'dash']) {
      const { status, stderr } = spawnSync(shell, ['-n', '-c', guestScript(facts)]);
      expect([shell, status, stderr.toString()]).toEqual([shell, 0, '']);
    }
  });

  it.each([
    ['the system', '/', 'check-disk'],
    ['the work disk', 'there', 'check-work-disk'],
  ])('tells which disk is too small: %s', (_name, mount, step) => {
    const directory = mkdtempSync(join(tmpdir(), 'banger-df-'));
    const where = mount === 'there' ? `${directory}/root` : mount;
    const df = `#!/bin/sh\necho 'Filesystem 1024-blocks Used Available Capacity Mounted on'\necho /dev/vda 9 8 1 90% ${where}\n`;
    writeFileSync(join(directory, 'df'), df, { mode: 0o755 });
    const script = guestScript({ ...FACTS, target: `${directory}/root/repository` });
    const { status, stderr } = spawnSync('sh', ['-c', script], {
      env: { PATH: `${directory}:/usr/bin:/bin` },
    });
    rmSync(directory, { recursive: true });
    expect([status, stderr.toString()]).toEqual([
      1,
      `the guest has 0 MiB free, and the repository needs 5\nbanger-step: ${step}\n`,
    ]);
  });

  it('touches the index a second time only where it differs from the working tree', () => {
    expect(guestScript(FACTS)).not.toContain('update-index');
    expect(guestScript({ ...FACTS, indexTree: OTHER, blobs: { staged: OTHER } })).toContain(
      `git cat-file blob ${OTHER} | git update-index -z --index-info`,
    );
  });

  it('marks the repository shallow only when parents did not travel', () => {
    expect(guestScript({ ...FACTS, head: OTHER })).not.toContain('.git/shallow');
    const shallow = guestScript({ ...FACTS, head: OTHER, blobs: { shallow: OTHER } });
    expect(shallow).toContain(`git cat-file blob ${OTHER} > .git/shallow`);
  });

  it('sets a detached HEAD itself, and a branch by its name', () => {
    expect(guestScript({ ...FACTS, head: OTHER })).toContain(`echo ${OTHER} > .git/HEAD`);
    const onBranch = guestScript({ ...FACTS, head: OTHER, symbolicHead: 'refs/heads/main' });
    expect(onBranch).toContain(String.raw`printf 'ref: %s\n' refs/heads/main > .git/HEAD`);
    expect(onBranch).toContain(String.raw`printf '%s %s\n' ${OTHER} refs/heads/main > .git/packed-refs`);
  });
});

describe('config of the guest', () => {
  it('copies what status and commits need, and nothing that runs', () => {
    const config = new Map([
      ['user.email', 'a@example.com'],
      ['core.filemode', 'false'],
      ['core.hookspath', '/evil'],
      ['alias.st', '!evil'],
      ['credential.helper', 'evil'],
      ['core.sparsecheckout', 'true'],
    ]);
    expect(guestConfig(config)).toBe('[user]\n\temail = "a@example.com"\n[core]\n\tfilemode = "false"\n');
    expect(guestSparseConfig(config)).toBe('[core]\n\tsparsecheckout = "true"\n');
    expect(guestSparseConfig(new Map())).toBe('');
  });

  it('switches off each filter once, whatever its name', () => {
    const config = new Map([
      ['filter.lfs.clean', 'x'],
      ['filter.lfs.required', 'true'],
      ['filter.a.b=c.process', 'y'],
      ['filter..clean', 'w'],
      ['filter.unrelated', 'z'],
    ]);
    expect(filterDrivers(config)).toEqual(['lfs', 'a.b=c', '']);
    expect(withoutFilters(['a.b=c'])).toMatchObject({
      'filter.a.b=c.process': '',
      'filter.a.b=c.required': 'false',
    });
  });
});
