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
    guarantee: 'A repository that is prepared again loses no work of the guest',
    test: 'test/integration/workspace/prepare-again.spec.ts',
    name: 'refuses to lose work',
    mutations: [
      {
        file: 'src/workspace/prepare/guest-work.ts',
        find: 'uncommitted: is.index !== index || is.tree !== tree,',
        replace: 'uncommitted: is.index !== index && is.tree !== tree,',
      },
      {
        file: 'src/workspace/prepare/guest-work.ts',
        find: 'commits: !isSafe(is.head) || !isSafe(target),',
        replace: 'commits: false,',
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
