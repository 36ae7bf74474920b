import type { Guarantee } from '../guarantee.js';

/** What is promised of `banger doctor`, and of commands over several things. */
export const DOCTOR: readonly Guarantee[] = [
  {
    guarantee: "The daemon's socket is made anew when its file is taken away",
    test: 'test/e2e/daemon/lost-files.spec.ts',
    name: 'makes its socket anew, and goes on',
    mutations: [
      {
        file: 'src/daemon/socket-keeper.ts',
        find: 'if (!this.server.isListening || this.server.isReachable()) return false;',
        replace: 'if (this.server.isListening) return false;',
      },
    ],
  },
  {
    guarantee: 'A database that cannot be read is set aside whole, and made anew from what can be read',
    test: 'test/integration/database/recovery.spec.ts',
    mutations: [
      {
        file: 'src/core/database/recover-database.adapter.ts',
        find: "for (const direction of ['ASC', 'DESC']) {",
        replace: "for (const direction of ['DESC'] as string[]) {\n    if (direction === 'DESC') return;",
      },
    ],
  },
  {
    guarantee: 'No start of a daemon deletes the disk of a VM that the books have lost',
    test: 'test/integration/vm/vms-at-start.spec.ts',
    mutations: [
      {
        file: 'src/vm/records/orphaned-owners.ts',
        find: 'records[at] === undefined',
        replace: 'records[at] !== null',
      },
    ],
  },
  {
    guarantee: 'What a lost row leaves in the ledger has no disk deleted',
    test: 'test/integration/database/recovery.spec.ts',
    name: 'forgets what the ledger keeps for a VM whose row could not be read',
    mutations: [
      {
        file: 'src/core/database/recover-database.adapter.ts',
        find: "  `DELETE FROM LedgerEntry WHERE ownerType = 'vm' AND ownerId NOT IN (SELECT id FROM Vm)`,\n",
        replace: '',
      },
    ],
  },
  {
    guarantee:
      '`banger doctor --fix` makes usable what can be used and the rest deletable: killed hypervisors, lost sockets, damaged disks',
    test: 'test/e2e/doctor/doctor.spec.ts',
    name: 'explains and mends',
    mutations: [
      {
        file: 'src/vm/doctor/vm-repair.ts',
        find: 'repairable && !attempted.has(what)',
        replace: '!repairable && !attempted.has(what)',
      },
      {
        file: 'src/vm/doctor/vm-repair.ts',
        find: 'repairable && !attempted.has(what)',
        replace: "repairable && attempted.size === 0 && what !== ''",
      },
    ],
  },
  {
    guarantee: 'VMs whose books are lost are entered again from the records beside their disks, and run on',
    test: 'test/e2e/doctor/doctor.spec.ts',
    name: 'makes the books anew from the records',
    mutations: [
      {
        file: 'src/vm/records/record-keeper.ts',
        find: 'async () => records.keep(await vms.list())',
        replace: 'async () => records.keep([]).then(() => void vms)',
      },
    ],
  },
  {
    guarantee: 'Several VMs named in one command are worked on side by side; Ctrl-C cancels those under way',
    test: 'test/integration/cli/side-by-side.spec.ts',
    mutations: [
      {
        file: 'src/cli/operation/operation-follower.ts',
        find: 'const AT_ONCE = 4;',
        replace: 'const AT_ONCE = 1;',
      },
    ],
  },
];
