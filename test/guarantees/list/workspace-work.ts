import type { Guarantee } from '../guarantee.js';

/** What is promised of the work in VMs: looked at, and brought out. */
export const WORKSPACE_WORK: readonly Guarantee[] = [
  {
    guarantee:
      "An export changes nothing of the host's repository but its branch: files, index, HEAD, config and hooks stay",
    test: 'test/integration/workspace/export-branch.spec.ts',
    name: 'after a round trip',
    mutations: [
      {
        file: 'src/workspace/export/repository-export.ts',
        find: "const args = ['update-ref', '--no-deref', '-m', reason, BRANCHES + branch, tip, old];",
        replace: "const args = ['checkout', '-f', '-q', '-B', branch, tip, ...(old === '' ? [old] : [])];",
      },
    ],
  },
  {
    guarantee: 'An export moves no branch that somebody else made or moved, or has checked out',
    test: 'test/integration/workspace/export-branch.spec.ts',
    name: 'is not moved',
    mutations: [
      {
        file: 'src/workspace/export/host-branch.ts',
        find: 'if (found !== undefined && !left.includes(found))',
        replace: "if (found === '' && !left.includes(found))",
      },
      {
        file: 'src/workspace/export/host-branch.ts',
        find: 'if (worktree !== undefined) throw',
        replace: "if (worktree === '') throw",
      },
      {
        file: 'src/workspace/export/repository-export.ts',
        find: "const args = ['update-ref', '--no-deref', '-m', reason, BRANCHES + branch, tip, old];",
        replace:
          "const args = ['update-ref', '--no-deref', '-m', reason, BRANCHES + branch, tip, ...(old === '' ? [old] : [])];",
      },
    ],
  },
  {
    guarantee:
      'A merge that would conflict changes nothing; nor does one over files that are changed, or in the way, ignored ones included',
    test: 'test/integration/workspace/export-merge.spec.ts',
    name: 'nothing changes',
    mutations: [
      {
        file: 'src/workspace/export/merge-plan.ts',
        find: 'if (exitCode === 1) {',
        replace: 'if (exitCode === 2) {',
      },
      {
        file: 'src/workspace/export/host-checkout.ts',
        find: 'if (dirty.length > 0) throw',
        replace: 'if (dirty.length < 0) throw',
      },
      {
        file: 'src/workspace/export/in-the-way.ts',
        find: 'if (found.length > 0)',
        replace: 'if (found.length < 0)',
      },
      {
        file: 'src/workspace/export/host-checkout.ts',
        find: 'if (await files.exists(`${gitDirectory}/${name}`))',
        replace: 'if (await files.exists(`${gitDirectory}/${name}/none`))',
      },
    ],
  },
  {
    guarantee: 'A merge whose files cannot be written is taken back',
    test: 'test/integration/workspace/export-merge.spec.ts',
    name: 'taken back',
    mutations: [
      { file: 'src/workspace/export/apply-checkout.ts', find: '!NOT_BEGUN.test', replace: 'NOT_BEGUN.test' },
    ],
  },
  {
    guarantee: 'A merge loses nothing that the user does in the repository while it is made',
    test: 'test/integration/workspace/export-meanwhile.spec.ts',
    mutations: [
      {
        file: 'src/workspace/export/apply-checkout.ts',
        find: 'await requireOutOfTheWay(host.repository',
        replace: 'if (onlyHead) await requireOutOfTheWay(host.repository',
      },
      {
        file: 'src/workspace/export/apply-checkout.ts',
        find: 'if (!onlyHead) await git.run([...MOVE',
        replace: 'if (onlyHead) await git.run([...MOVE',
      },
    ],
  },
  {
    guarantee: 'An export that was cut off between files and refs is finished by the next one',
    test: 'test/integration/workspace/export-merge.spec.ts',
    name: 'finished by a repeat',
    mutations: [
      {
        file: 'src/workspace/export/host-checkout.ts',
        find: 'if (dirty.length > 0 && (await',
        replace: 'if (dirty.length < 0 && (await',
      },
    ],
  },
  {
    guarantee: "No hook, filter or program of the host's repository runs in an export or its merge",
    test: 'test/integration/workspace/export-hooks.spec.ts',
    name: 'runs none',
    mutations: [
      {
        file: 'src/workspace/git/git.ts',
        find: "'core.hooksPath': '/dev/null',",
        replace: "'core.logAllRefUpdates': 'true',",
      },
      {
        file: 'src/workspace/git/git.ts',
        find: "'core.fsmonitor': 'false',",
        replace: "'core.logAllRefUpdates': 'true',",
      },
      {
        file: 'src/workspace/export/apply-checkout.ts',
        find: 'withoutFilters(filters)',
        replace: 'withoutFilters(filters.slice(filters.length))',
      },
    ],
  },
  {
    guarantee: "A guest gets no file or submodule into the host's repository whose name leads elsewhere",
    test: 'test/integration/workspace/hostile-guest.spec.ts',
    name: 'gets no',
    mutations: [
      {
        file: 'src/workspace/incoming/receive-work.ts',
        find: "'--fix-thin', '--strict', ",
        replace: "'--fix-thin', ",
      },
    ],
  },
  {
    guarantee: 'A guest whose commits or files are none, or are missing, is refused',
    test: 'test/integration/workspace/hostile-guest.spec.ts',
    name: 'is refused when',
    mutations: [
      {
        file: 'src/workspace/incoming/incoming-work.ts',
        find: 'if (found !== type) throw',
        replace: "if (found === '') throw",
      },
      {
        file: 'src/workspace/incoming/quarantine.ts',
        find: "['rev-list', '--objects', '--quiet', '--stdin']",
        replace: "['rev-parse', '--git-dir']",
      },
      {
        file: 'src/workspace/incoming/receive-work.ts',
        find: '`--max-input-size=${limits.packBytes}`',
        replace: '`--max-input-size=${limits.packBytes * 1_000_000}`',
      },
    ],
  },
  {
    guarantee: 'What a guest sends is bounded: in bytes, unpacked bytes, memory, names of files and time',
    test: 'test/integration/workspace/hostile-guest.spec.ts',
    name: 'is bounded',
    mutations: [
      {
        file: 'src/workspace/incoming/quarantine.ts',
        find: 'if (bytes > limit)',
        replace: 'if (bytes < 0)',
      },
      {
        file: 'src/workspace/incoming/quarantine.ts',
        find: 'if (total > limits.unpackedBytes)',
        replace: 'if (total < 0)',
      },
      {
        file: 'src/workspace/incoming/quarantine.ts',
        find: 'maxOutputBytes: limits.namesBytes,',
        replace: '',
      },
      {
        file: 'src/workspace/incoming/quarantine.ts',
        find: '`--data=${limits.memoryBytes}`',
        replace: '`--data=${limits.memoryBytes * 1_000}`',
      },
      {
        file: 'src/workspace/incoming/incoming-work.ts',
        find: 'totalMs)), totalMs)',
        replace: 'totalMs)), totalMs * 1_000)',
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
  {
    guarantee:
      'An export names the files of the work that tools may run by themselves once they are checked out',
    test: 'test/integration/workspace/export-branch.spec.ts',
    name: 'tools run by themselves',
    mutations: [
      {
        file: 'src/workspace/export/changed-files.ts',
        find: 'run.length === 0',
        replace: 'run.length >= 0',
      },
    ],
  },
  {
    guarantee:
      'The work in a VM is told right also where the host no longer has the repository that it was made from',
    test: 'test/integration/workspace/workspace-status.spec.ts',
    name: 'goes by what the guest has noted',
    mutations: [
      {
        file: 'src/workspace/status/status-script.ts',
        find: "sed -n 's/^head ",
        replace: "sed -n 's/^base ",
      },
    ],
  },
  {
    guarantee: 'Work comes out of a VM whose disk is full',
    test: 'test/integration/workspace/incoming-work.spec.ts',
    name: 'arrives from a guest whose disk is full',
    mutations: [
      {
        file: 'src/workspace/guest/git-in-guest.ts',
        find: ' || made=$(mktemp -d /dev/shm/${name}.XXXXXX)',
        replace: '',
      },
    ],
  },
];
