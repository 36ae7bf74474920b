import type { Guarantee } from '../guarantee.js';

const CONTRACT = 'test/integration/host/disk-backend.contract.spec.ts';
const FULL_STORE = 'test/e2e/disks/full-store.spec.ts';

/** What is promised of the VMs' disks. */
export const DISKS: readonly Guarantee[] = [
  {
    guarantee:
      "A new disk is there in full or not at all, takes no other's place, and never writes its image",
    test: CONTRACT,
    mutations: [
      {
        file: 'src/host/disk/draft-disk.adapter.ts',
        find: 'await link(draft, request.path);',
        replace:
          "await link(draft, request.path).catch(async () => (await import('node:fs/promises')).rename(draft, request.path));",
      },
      {
        file: 'src/host/disk/draft-disk.adapter.ts',
        find: '} finally {\n    await rm(draft, { force: true });',
        replace: '} finally {\n    void rm;',
      },
      {
        file: 'src/host/disk/reflink-disk.adapter.ts',
        find: 'await copyFile(request.basePath, draft, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE_FORCE);',
        replace: "await (await import('node:fs/promises')).link(request.basePath, draft);",
      },
    ],
  },
  {
    guarantee: 'A disk only grows, and not while a VM has it open',
    test: CONTRACT,
    name: 'grow: what is in them stays',
    mutations: [
      {
        file: 'src/host/disk/grow-disk.adapter.ts',
        find: 'if (sizeBytes < currentBytes) throw shrinking(sizeBytes, currentBytes);',
        replace: 'if (sizeBytes < currentBytes) return void shrinking;',
      },
    ],
  },
  {
    guarantee:
      "When the host's disk is full a guest is halted before its file system breaks, that is told, and it goes on when there is room",
    test: FULL_STORE,
    name: 'gets back what a guest gives up',
    mutations: [
      {
        file: 'src/vm/hypervisor/qemu/qemu-arguments.ts',
        find: "const HALT_ON_ERROR = ',werror=stop';",
        replace: "const HALT_ON_ERROR = ',werror=report';",
      },
      {
        file: 'src/vm/storage/storage-watch.ts',
        find: 'await machine.resume();',
        replace: 'void machine;',
      },
    ],
  },
  {
    guarantee: 'A halted guest is known to the next daemon',
    test: FULL_STORE,
    name: 'gets back what a guest gives up',
    mutations: [
      {
        file: 'src/vm/hypervisor/qemu/qemu-hypervisor.ts',
        find: 'await connections.halts.look(connections.qmp);',
        replace: 'void connections.halts;',
      },
    ],
  },
  {
    guarantee: 'Space that a guest gives up returns to the host',
    test: FULL_STORE,
    name: 'gets back what a guest gives up',
    mutations: [
      {
        file: 'src/vm/hypervisor/qemu/qemu-arguments.ts',
        find: "...(!spec.readOnly && { discard: 'unmap', 'detect-zeroes': 'unmap' }),",
        replace: '',
      },
    ],
  },
  {
    guarantee:
      'A work disk is /root before anything looks there, outlives restarts, and its damage keeps no VM from coming up',
    test: 'test/e2e/disks/work-disk.spec.ts',
    mutations: [
      {
        file: 'src/capabilities/work-disk/work-disk.capability.ts',
        find: 'draft.bootArguments.push(WORK_ARGUMENT);',
        replace: 'void [draft, WORK_ARGUMENT];',
      },
    ],
  },
];
