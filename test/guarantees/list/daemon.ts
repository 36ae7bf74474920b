import type { Guarantee } from '../guarantee.js';

/** What is promised when the daemon ends, however it does. */
export const DAEMON: readonly Guarantee[] = [
  {
    guarantee: 'A VM outlives its daemon, however that ended; the next daemon takes it up',
    test: 'test/e2e/daemon/restart.spec.ts',
    name: 'by kill -9 leaves its VM running',
    mutations: [
      {
        file: 'src/vm/lifecycle/machine-adoption.ts',
        find: 'vm.machine === undefined ?',
        replace: 'vm.name !== "" || vm.machine === undefined ?',
      },
    ],
  },
  {
    guarantee: "A creation that the daemon's death interrupted is undone whole: process, disk, port, row",
    test: 'test/e2e/daemon/restart.spec.ts',
    name: 'in the middle of a creation undoes it at its next start',
    mutations: [
      {
        file: 'src/vm/lifecycle/reconcile.service.ts',
        find: "const abandoned = vm.ephemeral || vm.state === 'creating' || vm.state === 'deleting';",
        replace: "const abandoned = vm.ephemeral || vm.state === 'deleting';",
      },
    ],
  },
  {
    guarantee:
      'The daemon killed at any step of an operation on a VM: nothing is without an owner, each VM can be used, its file system is sound, what was acknowledged is there',
    test: 'test/chaos/steps/vm.spec.ts',
    mutations: [
      {
        file: 'src/daemon/modules-at-start.ts',
        find: '    await this.vms.run();\n',
        replace: '    void this.vms;\n',
      },
    ],
  },
  {
    guarantee: 'The daemon killed while a VM is stopped, started, restarted or set: the same',
    test: 'test/chaos/steps/vm-power.spec.ts',
    mutations: [
      {
        file: 'src/vm/lifecycle/reconcile.service.ts',
        find: "if (vm.state === 'stopping') await this.vms.transition(vm, 'running');",
        replace: '',
      },
    ],
  },
  {
    guarantee:
      "The daemon killed at any step of an image's build: nothing of it is left, the image that was there serves",
    test: 'test/chaos/steps/image.spec.ts',
    mutations: [
      {
        file: 'src/daemon/modules-at-start.ts',
        find: '    await this.images.reconcile();\n',
        replace: '    void this.images;\n',
      },
    ],
  },
  {
    guarantee:
      'The daemon killed while an image is pulled, registered, imported or promoted: it is there with its digest and sound file systems, or nothing of it is; the VM is as it was',
    test: 'test/chaos/steps/register.spec.ts',
    mutations: [
      {
        file: 'src/image/store/image-store.ts',
        find: 'await this.sites.forget(entry).catch(',
        replace: 'await Promise.resolve(entry).catch(',
      },
    ],
  },
  {
    guarantee:
      'The daemon killed while a kernel is pulled or registered: images are made with it, or nothing of it is left',
    test: 'test/chaos/steps/kernel.spec.ts',
    mutations: [
      {
        file: 'src/image/kernel/kernel-store.ts',
        find: "await this.ledger.release('directory', key).catch(",
        replace: 'await Promise.resolve(key).catch(',
      },
    ],
  },
  {
    guarantee:
      'A daemon that is killed while it undoes what the one before left half done leaves no more than that one',
    test: 'test/chaos/steps/daemon-start.spec.ts',
    mutations: [
      {
        file: 'src/core/operations/durable-ledger.ts',
        find: 'await undo(current);\n    await this.database.client.ledgerEntry.deleteMany({ where: { id: entry.id } });',
        replace:
          'await this.database.client.ledgerEntry.deleteMany({ where: { id: entry.id } });\n    await undo(current);',
      },
    ],
  },
  {
    guarantee: 'Two daemons cannot use one state directory',
    test: 'test/e2e/bad-days/daemon.spec.ts',
    name: 'is not disturbed by a second one, which says who is there',
    mutations: [
      {
        file: 'src/daemon/single-instance.adapter.ts',
        find: 'BEGIN EXCLUSIVE',
        replace: 'BEGIN',
      },
    ],
  },
  {
    guarantee:
      'What a daemon on its end has not read is asked of the next one; what was read is never asked twice',
    test: 'test/integration/cli/daemon-connector.spec.ts',
    mutations: [
      {
        file: 'src/cli/client/daemon-connector.ts',
        find: 'const UNHEARD_ATTEMPTS = 3;',
        replace: 'const UNHEARD_ATTEMPTS = 1;',
      },
      {
        file: 'src/cli/client/daemon-connector.ts',
        find: 'if (client.isUnheard && attempt',
        replace: 'if (attempt',
      },
    ],
  },
  {
    guarantee: 'A process is signalled only if its pid, start time and executable are those recorded',
    test: 'test/integration/process/process-runner.spec.ts',
    name: 'signals exactly the process and waits for its end',
    mutations: [
      {
        file: 'src/core/process/process-runner.adapter.ts',
        find: 'now.startTicks === identity.startTicks',
        replace: 'true',
      },
      {
        file: 'src/core/process/process-runner.adapter.ts',
        find: 'now.executable === identity.executable',
        replace: 'true',
      },
    ],
  },
];
