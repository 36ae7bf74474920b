import type { Guarantee } from '../guarantee.js';

const CONTRACT = 'test/integration/host/disk-backend.contract.spec.ts';
const FORK = 'test/e2e/copies/fork.spec.ts';
const SUSPEND = 'test/e2e/suspend/suspend.spec.ts';
const ONCE = 'A suspended VM goes on from its memory once, and boots, telling why, where that cannot be used';

/** Of forks, snapshots and suspended VMs. */
export const KEEPING: readonly Guarantee[] = [
  {
    guarantee:
      'Each copy of a fork goes on from the same moment without a gap; what one writes no other sees',
    test: FORK,
    name: 'goes on in each copy without a gap',
    mutations: [
      {
        file: 'src/vm/hypervisor/qemu/saving/snapshot-machine.ts',
        find: 'await switchOver(qmp, freeze, {',
        replace: 'await switchOver(qmp, [], {',
      },
    ],
  },
  {
    guarantee: 'Nothing that a VM was before, as a template, its parent or itself, is ever sent from another',
    test: FORK,
    name: 'goes on in each copy without a gap',
    mutations: [
      {
        file: 'src/vm/hypervisor/qemu/qemu-hypervisor.ts',
        find: 'await setCable(connections.qmp, false);',
        replace: 'await setCable(connections.qmp, true);',
      },
    ],
  },
  {
    guarantee: 'A disk can be kept as it is again and again; deleting a VM or a snapshot harms no other',
    test: CONTRACT,
    name: 'are kept as they are at one moment',
    mutations: [
      {
        file: 'src/host/disk/qcow2-layers.adapter.ts',
        find: '  await link(from, path).catch(',
        replace: '  await rename(from, path).catch(',
      },
    ],
  },
  {
    guarantee: 'A disk can be kept as it is again and again; deleting a VM or a snapshot harms no other',
    test: 'test/e2e/hypervisor/live-snapshot.spec.ts',
    name: 'can be frozen again and again',
    mutations: [
      {
        file: 'src/vm/hypervisor/qemu/saving/snapshot-machine.ts',
        find: 'if (basePath === undefined) return;',
        replace: 'return;',
      },
    ],
  },
  {
    guarantee:
      'A daemon that dies while it keeps a disk, or puts one back, loses nothing of it, whichever file its VMM writes',
    test: 'test/integration/host/qcow2-disk.spec.ts',
    name: 'of a daemon that was killed',
    mutations: [
      {
        file: 'src/host/disk/qcow2-disk.adapter.ts',
        find: 'const taken = writtenPath === undefined ? stands : writtenPath === overlayPath;',
        replace: 'const taken = writtenPath === undefined && stands;',
      },
      {
        file: 'src/host/disk/qcow2-disk.adapter.ts',
        find: 'if (writtenPath !== undefined && ![path, ...names].includes(writtenPath)) return;',
        replace: '',
      },
    ],
  },
  {
    guarantee:
      'A daemon that dies while it keeps a disk, or puts one back, loses nothing of it, whichever file its VMM writes',
    test: 'test/integration/vm/disk-restoration.spec.ts',
    mutations: [
      {
        file: 'src/vm/snapshots/disk-restoration.adapter.ts',
        find: 'if (commit !== undefined) {',
        replace: 'if (commit === undefined) {',
      },
    ],
  },
  {
    guarantee: ONCE,
    test: SUSPEND,
    name: 'has no process and no memory',
    mutations: [
      {
        file: 'src/vm/suspend/suspended-vms.ts',
        find: 'onUse: () => this.forget(vm),',
        replace: '',
      },
    ],
  },
  {
    guarantee: ONCE,
    test: SUSPEND,
    name: 'boots, and says so',
    mutations: [
      {
        file: 'src/vm/suspend/resumption.ts',
        find: 'if (operation.signal.aborted || !isItsFault(failure)) throw error;',
        replace: 'void isItsFault; throw error;',
      },
    ],
  },
  {
    guarantee: 'Whoever asks a suspended VM for something on its ports is served, and it is woken once',
    test: 'test/integration/host/port-doorbells.spec.ts',
    mutations: [
      {
        file: 'src/host/leases/port-doorbells.adapter.ts',
        find: '(woken ??= wake()',
        replace: '(woken = (woken === undefined ? wake() : wake())',
      },
      {
        file: 'src/host/leases/port-doorbells.adapter.ts',
        find: 'woken = undefined;',
        replace: '',
      },
    ],
  },
  {
    guarantee: 'VMs have no more memory together than the configuration allows',
    test: 'src/vm/lifecycle/host-budget.spec.ts',
    mutations: [
      {
        file: 'src/vm/lifecycle/host-budget.ts',
        find: 'AWAKE.includes(state) && id !== except',
        replace: 'id !== except',
      },
      {
        file: 'src/vm/lifecycle/host-budget.ts',
        find: 'if (takenMib + wantedMib > limitMib)',
        replace: 'if (wantedMib > limitMib)',
      },
    ],
  },
];
