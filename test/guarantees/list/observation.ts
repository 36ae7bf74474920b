import type { Guarantee } from '../guarantee.js';

/** What is promised of looking at VMs. */
export const OBSERVATION: readonly Guarantee[] = [
  {
    guarantee:
      '`vm health` and `vm ping` answer although the hypervisor or the guest hangs, and name what does',
    test: 'src/vm/health/health.spec.ts',
    name: 'waits no longer than the limit',
    mutations: [
      {
        file: 'src/vm/health/timed-answer.ts',
        find: 'return await Promise.race([answer, late.promise]);',
        replace: 'return await answer;',
      },
    ],
  },
  {
    guarantee:
      'A VM that hangs delays the figures of no other, and is not asked again before it has answered',
    test: 'src/vm/stats/patient-query.spec.ts',
    name: 'asks a question once',
    mutations: [
      {
        file: 'src/vm/stats/patient-query.ts',
        find: 'if (this.#asking || this.clock() < this.#notBefore) return;',
        replace: 'if (this.clock() < this.#notBefore) return;',
      },
    ],
  },
  {
    guarantee: 'What a guest prints on its console does nothing to the terminal that shows it',
    test: 'src/cli/render/console-cleaner.spec.ts',
    name: 'lets no control character through',
    mutations: [
      {
        file: 'src/cli/render/console-cleaner.ts',
        find: "isControl(character) ? '' : escapeControls(character);",
        replace: 'character;',
      },
    ],
  },
  {
    guarantee: '`vm console --follow` loses and repeats nothing when the log is cut to its bound',
    test: 'test/integration/vm/console-reader.spec.ts',
    name: 'loses and repeats nothing when the writer drops the older half',
    mutations: [
      {
        file: 'src/vm/console/file-console-reader.adapter.ts',
        find: 'return found < 0 ? 0 : found + anchor.length;',
        replace: 'return found < 0 ? 0 : 0;',
      },
    ],
  },
  {
    guarantee: 'A guest can make `vm ports` list no more than 500 lines, of printable text',
    test: 'src/vm/ports/guest-listeners.spec.ts',
    mutations: [
      {
        file: 'src/vm/ports/guest-listeners.ts',
        find: "return name.replaceAll(/[^\\x20-\\x7e]/g, '?').slice(0, MAX_NAME_LENGTH);",
        replace: 'return name;',
      },
      {
        file: 'src/vm/ports/guest-listeners.ts',
        find: 'if (found.size > MAX_LISTENERS)',
        replace: 'if (found.size > Infinity)',
      },
    ],
  },
];
