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
    guarantee: "The patch of a VM's work makes of the base what is in the VM, whatever was done there",
    test: 'test/integration/workspace/workspace-diff.spec.ts',
    name: 'makes the same tree of the base, whatever was done',
    mutations: [{ file: 'src/workspace/diff/write-document.ts', find: "'--binary', ", replace: '' }],
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
    guarantee: 'A patch that is shown on a terminal does nothing to it, whatever a guest has written',
    test: 'src/cli/workspace/patch-painter.spec.ts',
    mutations: [
      {
        file: 'src/cli/workspace/patch-painter.ts',
        find: '.map(escapeControls)',
        replace: '.map(String)',
      },
    ],
  },
];
