import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { fstabLine } from '../import/guest-readonly.js';
import type { GuestImport } from '../import/guest-script.js';
import { parseGuestState } from './guest-state.js';
import type { GuestState } from './guest-state.js';
import { findWork } from './guest-work.js';
import { havesOf } from './haves.js';
import { stateScript } from './state-script.js';
import { plainUpdateScript, updateScript } from './update-script.js';

const [ONE, TWO, THREE] = ['1', '2', '3'].map((digit) => digit.repeat(40)) as [string, string, string];
const TARGET = `/root/it's; $(id)`;
const FACTS: GuestImport = {
  target: TARGET,
  workingDirectory: TARGET,
  requiredBytes: 1,
  objectFormat: 'sha1',
  pack: `pack-${ONE}`,
  head: ONE,
  symbolicHead: `refs/heads/a'b$(id)`,
  partial: true,
  worktreeTree: ONE,
  indexTree: TWO,
  config: '',
  sparseConfig: '',
  symbolicRefs: [{ name: 'refs/remotes/origin/HEAD', target: `refs/remotes/origin/a'b` }],
  source: THREE,
  readonly: true,
  texts: { [THREE]: `it's\n` },
  blobs: { refs: ONE, shallow: TWO, exclude: THREE, repositories: ONE, skipWorktree: TWO },
};
const ANSWER = `banger-state 1
place repository
was-head ${ONE}
was-branch refs/heads/main
was-index ${TWO}
was-tree ${THREE}
was-source ${ONE}
was-refs 
head ${ONE}
branch refs/heads/main
index ${TWO}
tree ${THREE}
head-tree ${TWO}
target ${ONE}
commits 3
complete yes
commit ${ONE}
commit nonsense
files ${TWO}

a file
`;

function stateOf(answer: string): GuestState {
  const state = parseGuestState(answer);
  expect(state).toBeDefined();
  return state as GuestState;
}

describe('scripts of a repository that is prepared again', () => {
  it.each([
    ['stateScript', stateScript({ target: TARGET, branch: FACTS.symbolicHead, source: THREE, refs: true })],
    [
      'updateScript',
      updateScript({ facts: FACTS, state: stateOf(ANSWER), saveCommits: true, stash: true, joins: false }),
    ],
    ['plainUpdateScript', plainUpdateScript({ facts: FACTS, imported: TWO, joins: false })],
    [
      'updateScript, the least',
      updateScript({
        facts: { ...FACTS, blobs: {}, partial: false, readonly: false },
        state: stateOf('banger-state 1\nplace repository\n\n'),
        saveCommits: false,
        stash: false,
        joins: true,
      }),
    ],
  ])('are scripts that POSIX shells accept: %s', (_name, script) => {
    for (const shell of ['sh', 'bash', 'dash']) {
      const { status, stderr } = spawnSync(shell, ['-n', '-c', script]);
      expect([shell, status, stderr.toString()]).toEqual([shell, 0, '']);
    }
    expect(script).not.toContain(`target=${TARGET}`);
  });

  it('write a line of fstab that keeps spaces together', () => {
    expect(fstabLine('/root/a b#\\')).toBe(
      String.raw`/root/a\040b\043\134 /root/a\040b\043\134 none bind,ro,nofail 0 0`,
    );
  });
});

describe('what a guest says of its repository', () => {
  it('is read as far as it is what the script writes', () => {
    expect(stateOf(ANSWER)).toMatchObject({
      place: 'repository',
      recorded: { source: ONE, refs: '', is: { head: ONE, tree: THREE } },
      commits: 3,
      complete: true,
      partial: false,
      haveCommits: [ONE],
      haveTrees: [TWO],
      files: ['a file'],
    });
    for (const wrong of ['', 'banger-state 2\nplace none\n', 'banger-state 1\nplace elsewhere\n\n'])
      expect(parseGuestState(wrong)).toBeUndefined();
  });

  it('is work when it differs from the import, or from the commit that is checked out since', () => {
    const work = (changes: (answer: string) => string, landed = false) =>
      findWork(stateOf(changes(ANSWER)), () => landed);
    expect(work((answer) => answer)).toEqual({ commits: false, uncommitted: false });
    expect(work((answer) => answer.replace(`\nindex ${TWO}`, `\nindex ${ONE}`))).toEqual({
      commits: false,
      uncommitted: true,
    });
    const committed = (answer: string): string =>
      answer.replace(`\nhead ${ONE}`, `\nhead ${TWO}`).replace(`\ntree ${THREE}`, `\ntree ${TWO}`);
    expect(work(committed)).toEqual({ commits: true, uncommitted: false });
    expect(work(committed, true)).toEqual({ commits: false, uncommitted: false });
  });

  it('says what need not travel: commits where all their history is there, else their files', () => {
    const state = stateOf(ANSWER);
    const known = new Map([
      [ONE, 'commit'],
      [TWO, 'tree'],
    ]);
    expect(havesOf(state, known, true)).toEqual([`^${ONE}`, `^${TWO}`]);
    expect(havesOf(state, known, false)).toEqual([`^${ONE}^{tree}`, `^${TWO}`]);
    expect(havesOf(state, new Map(), true)).toEqual([]);
    expect(havesOf({ ...state, partial: true }, known, true)).toEqual([]);
  });
});
