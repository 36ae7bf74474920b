import type { Guarantee } from '../guarantee.js';

/** What is promised of repositories. */
export const WORKSPACE: readonly Guarantee[] = [
  {
    guarantee: "The host's repository is not changed by an import, byte for byte",
    test: 'test/integration/workspace/git-status.spec.ts',
    name: 'agrees',
    mutations: [
      {
        file: 'src/workspace/repository/scratch-git.ts',
        find: 'GIT_OBJECT_DIRECTORY: objects }',
        replace: 'GIT_OBJECT_DIRECTORY: `${commonDirectory}/objects` }',
      },
    ],
  },
  {
    guarantee: '`git status` in the guest says what it says on the host',
    test: 'test/integration/workspace/git-status.spec.ts',
    name: 'agrees',
    mutations: [
      {
        file: 'src/workspace/repository/repository-snapshot.ts',
        find: 'const present = [...changes.present, ...files];',
        replace: 'const present = [...changes.present, ...files.slice(files.length)];',
      },
    ],
  },
  {
    guarantee: 'What is asked for comes before what a project file says of how its repository goes in',
    test: 'src/vm/project/apply-project.spec.ts',
    mutations: [
      {
        file: 'src/vm/project/apply-project.ts',
        find: 'Object.assign({}, wanted, given, { path: asked.path })',
        replace: 'Object.assign({}, given, wanted, { path: asked.path })',
      },
    ],
  },
  {
    guarantee:
      'The setup of a repository keeps all that it wrote in the VM, and is held by nothing that it leaves running',
    test: 'test/integration/workspace/workspace-setup.spec.ts',
    mutations: [
      {
        file: 'src/vm/project/setup-script.ts',
        find: 'setsid sh -ec "$2" >> "$1" 2>&1 < /dev/null &',
        replace: '{ sh -ec "$2" 2>&1 < /dev/null | tee -- "$1" > /dev/null; } &',
      },
    ],
  },
  {
    guarantee: "A copy's own branch changes nothing of what is not committed, and runs no hook",
    test: 'test/integration/workspace/start-branch.spec.ts',
    mutations: [
      {
        file: 'src/workspace/guest/start-branch.ts',
        find: 'switch -q -c ${quoteShellWord(branch)}',
        replace: 'switch -q --orphan ${quoteShellWord(branch)}',
      },
      {
        file: 'src/workspace/guest/start-branch.ts',
        find: ' -c core.hooksPath=/dev/null',
        replace: '',
      },
    ],
  },
  {
    guarantee: "To look at the status of a workspace changes neither the guest's repository nor the host's",
    test: 'test/integration/workspace/workspace-status.spec.ts',
    name: 'tells each kind of change against the base',
    mutations: [
      {
        file: 'src/workspace/guest/git-in-guest.ts',
        find: 'GIT_OPTIONAL_LOCKS=0',
        replace: 'GIT_OPTIONAL_LOCKS=1',
      },
    ],
  },
  {
    guarantee: 'No program that the config of a repository names is run on the host to see how it stands',
    test: 'test/integration/workspace/workspace-status.spec.ts',
    name: 'runs no filter of the host',
    mutations: [
      {
        file: 'src/workspace/repository/scratch-git.ts',
        find: 'config: withoutFilters(filters),',
        replace: 'config: {},',
      },
    ],
  },
  {
    guarantee: 'A repository that is prepared again loses no work of the guest',
    test: 'test/integration/workspace/prepare-again.spec.ts',
    name: 'refuses to lose work',
    mutations: [
      {
        file: 'src/workspace/prepare/guest-work.ts',
        find: 'uncommitted: !isKept(is.index, index) || !isKept(is.tree, tree),',
        replace: 'uncommitted: !isKept(is.index, index) && !isKept(is.tree, tree),',
      },
      {
        file: 'src/workspace/prepare/guest-work.ts',
        find: 'commits: !isSafe(is.head) || !isSafe(target),',
        replace: 'commits: false,',
      },
      {
        file: 'src/workspace/prepare/update-script.ts',
        find: '[ "$head $branch $index $tree" = "$was_head $was_branch $was_index $was_tree" ] || exit 1',
        replace: ':',
      },
    ],
  },
  {
    guarantee: 'What is done in a guest while its repository is prepared again is not lost',
    test: 'test/integration/workspace/prepare-again.spec.ts',
    name: 'notices what changes in the guest meanwhile',
    mutations: [
      {
        file: 'src/workspace/prepare/update-script.ts',
        find: "echo 'it was changed in the guest meanwhile' >&2\n  exit 1",
        replace: "echo 'it was changed in the guest meanwhile' >&2",
      },
    ],
  },
  {
    guarantee: 'Files that are left out of a VM by a pattern do not travel',
    test: 'test/integration/workspace/import-options.spec.ts',
    name: 'leaves out files by pattern',
    mutations: [
      {
        file: 'src/workspace/import/import-pack.ts',
        find: '...lacks.excluded.map((id) => `^${id}`),',
        replace: '...lacks.excluded.filter((id) => id === "").map((id) => `^${id}`),',
      },
    ],
  },
];
