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
];
