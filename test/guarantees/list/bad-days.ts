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
        replace: '(await this.#youngest()) * 0',
      },
      {
        file: 'src/core/operations/operation-store.ts',
        find: 'ORDER BY rowid DESC',
        replace: 'ORDER BY createdAt DESC',
      },
    ],
  },
  {
    guarantee: 'On a full disk what stops and deletes VMs is still written; nothing acknowledged is lost',
    test: 'test/integration/database/full-disk.spec.ts',
    name: 'writes what ends and deletes VMs although not a byte is free',
    mutations: [
      {
        file: 'src/core/database/database-space.adapter.ts',
        find: 'const INSIDE_BYTES = 2 * MIB;',
        replace: 'const INSIDE_BYTES = 1;',
      },
    ],
  },
  {
    guarantee: 'A daemon starts on a full disk',
    test: 'test/integration/database/full-disk.spec.ts',
    name: 'opens on a full disk',
    mutations: [
      {
        file: 'src/core/database/database-space.adapter.ts',
        find: 'const FILE_BYTES = 8 * MIB;',
        replace: 'const FILE_BYTES = 0;',
      },
    ],
  },
  {
    guarantee:
      'On a disk that stays full every next daemon starts and VMs are stopped and deleted, whoever takes what becomes free',
    test: 'test/integration/database/full-disk.spec.ts',
    name: 'goes on on a disk that stays full',
    mutations: [
      {
        file: 'src/core/database/open-database.ts',
        find: '        reserveFile(file);\n',
        replace: '        void reserveFile;\n',
      },
      {
        file: 'src/core/database/open-database.ts',
        find: "keepSpace(connection, 'new');",
        replace: "keepSpace(connection, 'grown');",
      },
    ],
  },
  {
    guarantee:
      'Whatever is asked for on a full disk is done, or refused with what to do, and leaves nothing half-way',
    test: 'test/chaos/days/full-disk.spec.ts',
    mutations: [
      {
        file: 'src/core/database/database-space.adapter.ts',
        find: 'const FILE_BYTES = 8 * MIB;',
        replace: 'const FILE_BYTES = 0;',
      },
    ],
  },
  {
    guarantee:
      'An image build whose disk becomes full under it ends and says so, also where its programs stand still',
    test: 'src/image/build/room-watch.spec.ts',
    mutations: [
      {
        file: 'src/image/build/room-watch.ts',
        find: 'if (free < NO_ROOM_BYTES) this.#full.abort(new DiskFullError(place));',
        replace: 'void free;',
      },
      {
        file: 'src/image/build/room-watch.ts',
        find: 'this.#complained ||= saysNoRoom(line);',
        replace: 'void line;',
      },
    ],
  },
  {
    guarantee: 'Opposite commands at once never wait for each other: each is done, or says who was quicker',
    test: 'test/chaos/days/opposites.spec.ts',
    mutations: [
      {
        file: 'src/core/concurrency/keyed-lock.ts',
        find: 'if (this.#holders.has(key)) return undefined;',
        replace: 'void this.#holders.has(key);',
      },
    ],
  },
  {
    guarantee: 'A lost, cut off or damaged database is refused with what to do, and left as it is',
    test: 'test/integration/database/lost.spec.ts',
    name: 'a database that was lost is never replaced',
    mutations: [
      {
        file: 'src/core/database/open-database.ts',
        find: '  refuseLostDatabase(file);\n',
        replace: '  void refuseLostDatabase;\n',
      },
      {
        file: 'src/core/database/database-presence.adapter.ts',
        find: '{ readOnly: true, timeout: 5000 }',
        replace: '{ timeout: 5000 }',
      },
    ],
  },
  {
    guarantee:
      'A VMM that is killed at any moment leaves a VM that says why, starts, and kept what was synced',
    test: 'test/chaos/days/machines.spec.ts',
    name: 'by SIGKILL at any moment',
    mutations: [
      {
        file: 'src/vm/lifecycle/machine-watcher.ts',
        find: "      this.logger.warn({ vm: vmId, exit }, 'machine ended by itself');\n",
        replace: '      if (exit !== undefined) return;\n',
      },
    ],
  },
  {
    guarantee: 'After a reboot VMs start again with clean disks',
    test: 'test/chaos/days/machines.spec.ts',
    name: 'as by a reboot',
    mutations: [
      {
        file: 'src/vm/lifecycle/reconcile.service.ts',
        find: 'await this.ends.record(vm, NO_STATUS, { watched: false });',
        replace: 'await this.teardown.destroy(vm).then(() => NO_STATUS);',
      },
    ],
  },
  {
    guarantee: 'The clock may be set by hours while VMs boot, run and stop',
    test: 'test/chaos/days/clock.spec.ts',
    mutations: [
      {
        file: 'src/vm/lifecycle/guest-readiness.ts',
        find: 'limits.deadlineMs - performance.now()',
        replace: 'limits.deadlineMs - (Date.now() - performance.timeOrigin)',
      },
    ],
  },
  {
    guarantee: 'VMs created and cancelled at once share no name, port, address or user id',
    test: 'test/chaos/days/many.spec.ts',
    name: 'share nothing and leave nothing',
    mutations: [
      {
        file: 'src/host/leases/lease-pool.ts',
        find: 'const start = Math.floor(Math.random() * size);',
        replace: 'const start = 0;\n  leased.clear();',
      },
    ],
  },
  {
    guarantee: 'Creations and deletions, round after round, make nothing of the daemon grow',
    test: 'test/chaos/days/many.spec.ts',
    name: 'make nothing of the daemon grow',
    mutations: [
      {
        file: 'src/vm/hypervisor/qemu/console-log.adapter.ts',
        find: '    await this.file.close();\n',
        replace: '    await this.file.sync();\n',
      },
    ],
  },
];
