import type { Guarantee } from '../guarantee.js';

/** What holds on the days when the clock, the disk or the database let one down. */
export const BAD_DAYS: readonly Guarantee[] = [
  {
    guarantee: 'Locks are taken in one order, never two of a rank: no two changes wait for each other',
    test: 'src/core/concurrency/lock-order.spec.ts',
    name: 'lets locks be taken from the VM inwards alone',
    mutations: [
      {
        file: 'src/core/concurrency/keyed-lock.ts',
        find: '    assertLockOrder(this.rank, key, action);\n',
        replace: '',
      },
    ],
  },
  {
    guarantee: 'A clock that is set forward or back fails no boot and keeps no wait from ending',
    test: 'src/core/ssh/connect-when-ready.spec.ts',
    mutations: [
      {
        file: 'src/core/ssh/connect-when-ready.ts',
        find: 'performance.now() + retryDelayMs >= deadlineMs',
        replace: 'Date.now() - performance.timeOrigin + retryDelayMs >= deadlineMs',
      },
    ],
  },
  {
    guarantee: 'A clock that is set back changes no order: of undoing, of operations listed or forgotten',
    test: 'test/integration/operations/clock.spec.ts',
    mutations: [
      {
        file: 'src/core/operations/durable-ledger.ts',
        find: '(await this.#youngest())',
        replace: '0',
      },
      {
        file: 'src/core/operations/operation-store.ts',
        find: 'ORDER BY rowid DESC',
        replace: 'ORDER BY createdAt DESC',
      },
    ],
  },
];
