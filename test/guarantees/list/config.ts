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
        find: "else report('is not a known key', path, nearest(path, specs));",
        replace: '',
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
];
