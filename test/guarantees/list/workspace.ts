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
];
