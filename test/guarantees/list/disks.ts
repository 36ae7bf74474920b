import type { Guarantee } from '../guarantee.js';

const CONTRACT = 'test/integration/host/disk-backend.contract.spec.ts';

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
];
