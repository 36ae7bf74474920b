import type { Guarantee } from '../guarantee.js';

const TEST = 'test/e2e/vm/set.spec.ts';

/** What is promised of changes of a VM's settings. */
export const SETTINGS: readonly Guarantee[] = [
  {
    guarantee: '`vm set` that fails or is cancelled in the middle leaves every setting as it was',
    test: TEST,
    name: 'a change that is cancelled in the middle is undone as a whole',
    mutations: [
      {
        file: 'src/vm/settings/set-steps.ts',
        find: 'await this.vms.update(vm.id, previous);',
        replace: 'void previous;',
      },
    ],
  },
  {
    guarantee: 'A disk only grows: a smaller size is refused, and nothing is changed',
    test: TEST,
    name: 'are refused as a whole',
    mutations: [
      {
        file: 'src/vm/settings/set-preflight.ts',
        find: 'if (diskMib !== undefined && diskMib < vm.diskMib)',
        replace: 'if (diskMib !== undefined && diskMib < 0)',
      },
    ],
  },
  {
    guarantee:
      'Disk and memory of a running VM change in the guest; what has to wait for the next start is told',
    test: TEST,
    name: 'change while it runs',
    mutations: [
      {
        file: 'src/vm/settings/disk-growth.ts',
        find: 'await this.#growFileSystem(grown, disk, machine);',
        replace: 'void machine;',
      },
      {
        file: 'src/vm/hypervisor/qemu/qemu-machine.ts',
        find: "await this.parts.qmp.execute('balloon', { value: mib * MIB });",
        replace: 'void mib;',
      },
      {
        file: 'src/vm/vm-view.ts',
        find: '...(pending !== undefined && { pending }),',
        replace: '...(pending !== undefined && {}),',
      },
    ],
  },
  {
    guarantee:
      "A change of a running VM's settings that the daemon's death interrupted is finished in the guest",
    test: TEST,
    name: 'are finished when the daemon was killed in the middle',
    mutations: [
      {
        file: 'src/vm/lifecycle/machine-convergence.ts',
        find: 'this.settings.begin(vm, machine);',
        replace: 'void this.settings;',
      },
    ],
  },
];
