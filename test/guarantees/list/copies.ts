import type { Guarantee } from '../guarantee.js';

/** What is promised of copying files. */
export const COPIES: readonly Guarantee[] = [
  {
    guarantee: 'What a guest sends for a copy is not put beside its target, whatever names are in it',
    test: 'src/cli/copy/archive-sieve.spec.ts',
    name: 'refuses',
    mutations: [
      {
        file: 'src/cli/copy/archive-sieve.ts',
        find: "if (leadsOut || (name.endsWith('/') && type !== '5'))",
        replace: "if (leadsOut && name === '')",
      },
    ],
  },
  {
    guarantee: 'What a guest hides in a file with holes is not taken for more files of a copy',
    test: 'src/cli/copy/archive-sieve.spec.ts',
    name: 'refuses a file with holes',
    mutations: [
      {
        file: 'src/cli/copy/archive-sieve.ts',
        find: 'this.#map = sparseMap(header.type, size, records);',
        replace: 'if (records.size > 999) this.#map = sparseMap(header.type, size, records);',
      },
    ],
  },
  {
    guarantee: 'A link that a guest has planted in one copy is not followed by the next',
    test: 'src/cli/copy/target-rules.spec.ts',
    name: 'lets a file take the place of a link',
    mutations: [
      {
        file: 'src/cli/copy/target-rules.ts',
        find: 'if (there.link) return isDirectory',
        replace: 'if (there.link && !isDirectory) return isDirectory',
      },
    ],
  },
  {
    guarantee: 'A copy into a VM moves nothing to its place where something is in the way of any of it',
    test: 'test/integration/vm/copy-scripts.spec.ts',
    name: 'moves nothing',
    mutations: [
      {
        file: 'src/vm/copy-files/target-scripts.ts',
        find: `[ -n "$as" ] || clashes '' || exit`,
        replace: ':',
      },
    ],
  },
  {
    guarantee: 'A copy out of a VM ends, and says why, when the disk of the host or its stdout takes no more',
    test: 'src/cli/copy/receive-file.spec.ts',
    name: 'fails when',
    mutations: [
      {
        file: 'src/cli/copy/pump.ts',
        find: 'if (to.destroyed || to.errored !== null) return;',
        replace: 'if (to.destroyed) return;',
      },
      {
        file: 'src/cli/copy/receive-file.ts',
        find: '(): unknown => (hasFailed = true);',
        replace: '(): unknown => undefined;',
      },
    ],
  },
  {
    guarantee:
      'A large file whose copy was interrupted has its name only when it is whole, and is gone on with',
    test: 'test/e2e/copy-files/cp.spec.ts',
    name: 'is gone on with: into the VM after Ctrl-C',
    mutations: [
      {
        file: 'src/cli/copy/receive-file.ts',
        find: 'if (theirs.trim() === (await part.digest()))',
        replace: "if (theirs.trim() === 'never')",
      },
    ],
  },
];
