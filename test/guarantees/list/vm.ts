import type { Guarantee } from '../guarantee.js';

/** What is promised of a VM's life. */
export const VM: readonly Guarantee[] = [
  {
    guarantee: 'An argument of `vm exec` arrives byte for byte, whatever it holds',
    test: 'src/vm/exec/guest-command-line.spec.ts',
    name: 'gives bytes that are no UTF-8 as they are',
    mutations: [
      {
        file: 'src/core/text-bytes.ts',
        find: "at % 2 === 1 ? 'latin1' : 'utf8'",
        replace: "at < 0 ? 'latin1' : 'utf8'",
      },
    ],
  },
  {
    guarantee: 'A command whose `--timeout` is over ends with its process group, whatever it ignores',
    test: 'test/integration/ssh/bridge-exec.spec.ts',
    name: 'kills what ignores TERM',
    mutations: [
      {
        file: 'src/vm/exec/guest-signals.ts',
        find: "; ${kill('KILL', pid)}",
        replace: '',
      },
    ],
  },
  {
    guarantee: '`ssh NAME.vm` leads to a VM as soon as its creation is told, and to no other machine',
    test: 'test/e2e/ssh/ssh-config.spec.ts',
    mutations: [
      {
        file: 'src/vm/ssh-config/ssh-config-file.ts',
        find: 'this.vms.onChange(() => this.update());',
        replace: 'void this.update;',
      },
    ],
  },
  {
    guarantee: '`vm run --rm` leaves nothing, also after Ctrl-C at any step and after `kill -9` of the CLI',
    test: 'test/e2e/vm/run.spec.ts',
    name: '--rm deletes the VM when Ctrl-C comes',
    mutations: [
      {
        file: 'src/vm/vm.controller.ts',
        find: 'void context.connection.closed.then(() => this.#deleteAbandoned(vm.id));',
        replace: 'void this.#deleteAbandoned;',
      },
    ],
  },
  {
    guarantee: 'A VM whose hypervisor dies is marked with why, can be started again, can be deleted',
    test: 'test/e2e/vm/lifecycle.spec.ts',
    name: 'one whose hypervisor dies has failed',
    mutations: [
      {
        file: 'src/vm/lifecycle/boot.service.ts',
        find: 'this.watcher.watch(launched.vm, launched.machine);',
        replace: 'void this.watcher;',
      },
    ],
  },
  {
    guarantee: 'No state of a VM is a dead end',
    test: 'src/vm/vm.state.spec.ts',
    mutations: [
      {
        file: 'src/vm/vm.methods.ts',
        find: "in: ['creating', 'stopped', 'suspended', 'failed', 'deleting'],",
        replace: "in: ['creating', 'stopped', 'suspended', 'deleting'],",
      },
    ],
  },
  {
    guarantee: "`vm stop` and `vm restart` leave the guest's file system clean",
    test: 'test/e2e/vm/power.spec.ts',
    name: 'goes off and on again in one change',
    mutations: [
      {
        file: 'src/vm/lifecycle/stop-steps.ts',
        find: 'await askToStop(machine, timeoutMs, operation);',
        replace: 'void askToStop;',
      },
    ],
  },
  {
    guarantee: 'A hypervisor that hangs does not keep its VM from being stopped',
    test: 'test/e2e/vm/power.spec.ts',
    name: 'goes off although the hypervisor hangs',
    mutations: [
      {
        file: 'src/vm/lifecycle/stop-steps.ts',
        find: 'const outcome = await endOf(machine',
        replace: 'await machine.requestShutdown();\n    const outcome = await endOf(machine',
      },
    ],
  },
  {
    guarantee: 'A stop that is cancelled leaves a VM that runs and can be used',
    test: 'test/e2e/vm/power.spec.ts',
    name: 'stays on when its stop is cancelled',
    mutations: [
      {
        file: 'src/vm/lifecycle/stop-steps.ts',
        find: 'if (stopped === undefined) await this.#settle(stopping, machine);',
        replace: 'void [stopped, this.#settle];',
      },
    ],
  },
  {
    guarantee:
      'A VM that is stopped or killed stays down: no start that was about to begin, nor its policy, brings it up',
    test: 'test/integration/vm/stopping.spec.ts',
    mutations: [
      {
        file: 'src/vm/lifecycle/vm-change-runner.ts',
        find: 'if (isDone(method, vm) && this.#isAtRest(request)) return vm;',
        replace: 'if (isDone(method, vm)) return vm;\n    void this.#isAtRest;',
      },
      {
        file: 'src/vm/lifecycle/stop-steps.ts',
        find: 'return (await Promise.race([machine.exited, Promise.resolve(undefined)])) !== undefined;',
        replace: 'return Promise.race([machine.exited.then(() => true), Promise.resolve(false)]);',
      },
    ],
  },
  {
    guarantee: 'Two creations of one name: exactly one succeeds',
    test: 'test/integration/vm/two-creations.spec.ts',
    mutations: [
      {
        // the newest that makes the table
        file: 'prisma/migrations/0002_lifecycle/migration.sql',
        find: 'CREATE UNIQUE INDEX "Vm_name_key"',
        replace: 'CREATE INDEX "Vm_name_key"',
      },
    ],
  },
  {
    guarantee: 'A background child that keeps the pipe does not hold up `vm exec`',
    test: 'test/integration/ssh/ssh2-client.spec.ts',
    name: 'does not wait for a background child that keeps the pipes',
    mutations: [
      {
        file: 'src/core/ssh/ssh2-channel.adapter.ts',
        find: 'setImmediate(() => (this.#silent() ? this.#settle() : this.#settleIfDrained()));',
        replace: 'setImmediate(() => void this.#silent());',
      },
    ],
  },
  {
    guarantee: "The guest's SSH server is the one that the daemon made the key for",
    test: 'test/integration/ssh/ssh2-client.spec.ts',
    name: 'refuses a host key other than the pinned one',
    mutations: [
      {
        file: 'src/core/ssh/ssh2-client.adapter.ts',
        find: 'return !wrongHostKey;',
        replace: 'return true;',
      },
    ],
  },
];
