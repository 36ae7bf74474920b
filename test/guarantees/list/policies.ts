import type { Guarantee } from '../guarantee.js';

/** What happens to a VM without anybody asking. */
export const POLICIES: readonly Guarantee[] = [
  {
    guarantee:
      'A VM that fails is started again by its restart policy, each time later; the reason stays visible',
    test: 'test/e2e/policies/policies.spec.ts',
    name: 'is started again by its policy',
    mutations: [
      {
        file: 'src/vm/lifecycle/stop.service.ts',
        find: '(current: Vm) => this.#callOffRestart(current)',
        replace: 'async (current: Vm) => (void this.#callOffRestart, current)',
      },
      {
        file: 'src/vm/lifecycle/machine-ends.ts',
        find: ': planRestart(vm, end.cause, now)),',
        replace: ': (void planRestart, { restarts: 0, restartAt: null })),',
      },
    ],
  },
  {
    guarantee:
      'The pause before an automatic restart doubles each time, and begins anew with a VM that ran well',
    test: 'src/vm/policies/restart-plan.spec.ts',
    mutations: [
      {
        file: 'src/vm/policies/restart-plan.ts',
        find: ' * 2 ** (restart - 1)',
        replace: ' + 0 * restart',
      },
      {
        file: 'src/vm/policies/restart-plan.ts',
        find: 'afterFailure(ranWell ? 0 : vm.restarts, now)',
        replace: 'afterFailure(ranWell ? vm.restarts : vm.restarts, now)',
      },
    ],
  },
  {
    guarantee: 'After a restart of the host the VMs with a policy come up a few at a time; none is forgotten',
    test: 'test/integration/vm/policies.spec.ts',
    name: 'begin when they are due',
    mutations: [
      {
        file: 'src/vm/policies/restart.job.ts',
        find: 'if (this.#tasks.size >= MAX_BOOTING) break;',
        replace: '',
      },
    ],
  },
  {
    guarantee:
      'A start by policy that does not come about, preflight included, is tried again later with its reason',
    test: 'test/integration/vm/policies.spec.ts',
    name: 'that come to nothing are tried again later and later',
    mutations: [
      {
        file: 'src/vm/policies/restart.job.ts',
        find: 'await this.#failed(id, error);',
        replace: 'void [this.#failed, error];',
      },
    ],
  },
  {
    guarantee: 'A VM is deleted when its time to live is over, also when that was before the daemon ran',
    test: 'test/integration/vm/policies.spec.ts',
    name: 'deletes what is over, in whatever state',
    mutations: [
      {
        file: 'src/vm/policies/expiry.job.ts',
        find: 'for (const { id } of expired) this.#tasks.start',
        replace: 'for (const { id } of expired.slice(1)) this.#tasks.start',
      },
    ],
  },
  {
    guarantee:
      'A clock that jumps forward deletes no VM for 15 minutes, and none at all when it is put right',
    test: 'test/integration/vm/policies.spec.ts',
    name: 'deletes nothing because the clock jumped forward',
    mutations: [
      {
        file: 'src/vm/policies/expiry.job.ts',
        find: 'if (!this.#time.isTrusted()) return;',
        replace: 'void this.#time;',
      },
    ],
  },
  {
    guarantee: 'A VM that is used by a command, a connection, a change or itself is not stopped as idle',
    test: 'src/vm/policies/vm-use.spec.ts',
    mutations: [
      {
        file: 'src/vm/policies/vm-use.ts',
        find: 'running > 0 || before.get(id) !== ever',
        replace: 'running > 0',
      },
      { file: 'src/vm/policies/vm-use.ts', find: ' || connected.has(id)', replace: '' },
      { file: 'src/vm/policies/vm-use.ts', find: ' || this.locks.holder(id) !== undefined', replace: '' },
      { file: 'src/vm/policies/vm-use.ts', find: '?? Infinity', replace: '?? 0' },
    ],
  },
  {
    guarantee: 'An idle VM is stopped cleanly, with the reason; a policy does not undo it',
    test: 'test/e2e/policies/policies.spec.ts',
    name: 'a VM that nobody uses is stopped cleanly',
    mutations: [
      {
        file: 'src/vm/policies/idle-stop.job.ts',
        find: 'if (isDue && !this.#stopping.has(vm.id)) void this.#stop(vm);',
        replace: 'void [isDue, this.#stop];',
      },
    ],
  },
  {
    guarantee:
      'What nobody saw does not count as idle: sleep of the host, a halted or new daemon, a clock that is set',
    test: 'src/vm/policies/idle-times.spec.ts',
    mutations: [
      {
        file: 'src/vm/policies/idle-times.ts',
        find: 'Math.min(seenAt - before.seenAt, MAX_GAP_MS)',
        replace: '(void MAX_GAP_MS, seenAt - before.seenAt)',
      },
    ],
  },
  {
    guarantee:
      'An end of a VM that could not be written down when it happened, as on a full disk, is not lost',
    test: 'src/vm/lifecycle/machine-watcher.spec.ts',
    name: 'records later, with its reason',
    mutations: [
      {
        file: 'src/vm/lifecycle/machine-watcher.ts',
        find: '(this.machines.get(vmId) ?? machine) === machine',
        replace: 'this.machines.get(vmId) === machine',
      },
    ],
  },
  {
    guarantee: 'A VM that nobody attends to, half-way or without its machine, is put right without a restart',
    test: 'src/vm/reaper/stray-vms.spec.ts',
    mutations: [
      {
        file: 'src/vm/reaper/stray-vms.ts',
        find: 'for (const id of again) await this.#repair(id);',
        replace: 'void [again, this.#repair];',
      },
      {
        file: 'src/vm/reaper/stray-vms.ts',
        find: 'strays.filter((id) => this.#suspects.has(id))',
        replace: 'strays',
      },
    ],
  },
  {
    guarantee: 'Leftovers that nobody accounts for are told, and never removed; those of others are not seen',
    test: 'test/integration/vm/leftovers.spec.ts',
    mutations: [
      {
        file: 'src/vm/reaper/machine-processes.ts',
        find: 'argument.includes(disks) || argument.includes(quoted)',
        replace: 'argument !== disks + quoted',
      },
      {
        file: 'src/vm/reaper/leftovers.ts',
        find: 'found.filter((one) => !isOwned(one, entries, known))',
        replace: 'found.filter((one) => !isOwned(one, entries, known) || one.kind === "directory")',
      },
    ],
  },
  {
    guarantee: '`vm prune` deletes nothing that runs, and nothing unasked',
    test: 'test/integration/cli/vm-prune.spec.ts',
    mutations: [
      {
        file: 'src/cli/vm/vm-prune.command.ts',
        find: "followed.call('vm.delete', { vm })",
        replace: "followed.call('vm.delete', { vm, force: true })",
      },
      {
        file: 'src/cli/vm/vm-prune.command.ts',
        find: 'if (asks && !(await this.isConfirmed(found))) {',
        replace: 'if (asks && (await this.isConfirmed(found), false)) {',
      },
    ],
  },
];
