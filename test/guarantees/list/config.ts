import type { Guarantee } from '../guarantee.js';

/** What is promised of files of settings. */
export const CONFIG: readonly Guarantee[] = [
  {
    guarantee: 'A configuration file with errors is refused with all of them: line, column and key',
    test: 'test/integration/cli/config.spec.ts',
    name: 'ends with status 2 and every issue',
    mutations: [
      {
        file: 'src/core/toml/read-keys.ts',
        find: "else report('is not a known key', path, () => nearest(path, specs));",
        replace: 'else nearest(path, specs);',
      },
      {
        file: 'src/core/toml/read-keys.ts',
        find: '      ...places.place(path),\n',
        replace: '',
      },
    ],
  },
  {
    guarantee: 'Whatever stands in place of the configuration file, no command hangs on it',
    test: 'test/integration/cli/config.spec.ts',
    name: 'what is no configuration file is told in words',
    mutations: [
      {
        file: 'src/core/toml/read-settings-file.adapter.ts',
        find: ' | constants.O_NONBLOCK',
        replace: '',
      },
    ],
  },
  {
    guarantee: 'The place that a message gives for a key is where the key stands',
    test: 'test/fuzz/toml/key-locator.spec.ts',
    mutations: [
      {
        file: 'src/core/toml/key-locator.ts',
        find: 'const escapes = quotes === \'"""\';',
        replace: 'const escapes = false;',
      },
    ],
  },
  {
    guarantee: "A guest's clock that is off by more than 100 ms is set; one that hangs delays no other",
    test: 'src/vm/clock/clock-keeper.spec.ts',
    mutations: [
      {
        file: 'src/capabilities/clock/guest-clock.ts',
        find: 'Math.abs(offsetMs) - uncertaintyMs > CLOCK_TOLERANCE_MS',
        replace: 'Math.abs(offsetMs) - uncertaintyMs > 1e13',
      },
      {
        file: 'src/vm/clock/clock-keeper.ts',
        find: 'if (!jumped && now < this.#due) return;',
        replace: 'if (now < this.#due) return;',
      },
    ],
  },
  {
    guarantee: 'A file of `[[file_sync]]` that is listed no more is removed, unless the VM has changed it',
    test: 'test/integration/capabilities/file-sync.spec.ts',
    mutations: [
      {
        file: 'src/capabilities/file-sync/guest-sync.ts',
        find: '*" $sum "*) rm -f -- "$1" ;;',
        replace: '*) rm -f -- "$1" ;;',
      },
      {
        file: 'src/capabilities/file-sync/file-sync.capability.ts',
        find: 'const gone = before.filter((file) => !wanted.has(file.path) && !kept.includes(file));',
        replace: 'const gone: typeof before = [];',
      },
    ],
  },
  {
    guarantee: 'A daemon that dies while it copies files into a VM still knows what to take away',
    test: 'test/integration/capabilities/file-sync.spec.ts',
    name: 'a copy that the daemon’s death interrupted',
    mutations: [
      {
        file: 'src/capabilities/file-sync/file-sync.capability.ts',
        find: 'await this.files.remember(vm.id, [...known, ...added]);',
        replace: 'void [known, added];',
      },
    ],
  },
  {
    guarantee: "A project file is read through no link, and as no other user's than the repository's",
    test: 'test/integration/workspace/project-file.spec.ts',
    name: 'is none of',
    mutations: [
      {
        file: 'src/workspace/project/project-text.adapter.ts',
        find: ' | constants.O_NOFOLLOW',
        replace: '',
      },
      {
        file: 'src/workspace/project/project-text.adapter.ts',
        find: 'if (facts.uid !== ownerUid)',
        replace: 'if (ownerUid < 0)',
      },
    ],
  },
  {
    guarantee: 'A project file names no file outside its repository, and opens ports on the loopback alone',
    test: 'src/workspace/project/parse-project.spec.ts',
    name: 'cannot',
    mutations: [
      {
        file: 'src/core/toml/value-types.ts',
        find: "return !path.split('/').some((part) => part === '.' || part === '..');",
        replace: 'return true;',
      },
      {
        file: 'src/workspace/project/project-keys.ts',
        find: '(?:127\\.0\\.0\\.1:)?',
        replace: '(?:[0-9.]+:)?',
      },
    ],
  },
  {
    guarantee: 'What a project file places in a VM comes from the repository alone, whatever its links say',
    test: 'test/integration/workspace/project-file.spec.ts',
    name: 'leads out of the repository',
    mutations: [
      {
        file: 'src/vm/project/place-files.ts',
        find: '"$top"/*) ;;',
        replace: '*) ;;',
      },
    ],
  },
];
