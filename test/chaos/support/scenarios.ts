import type { ChaosVm, Outcome } from './guest.js';

/** An operation on a VM that is interrupted at every change that it makes to the books. */
export interface Scenario {
  /** as the tests are called */
  readonly name: string;
  /** kind of the operation: its recording must have it */
  readonly kind: string;
  readonly from: Outcome;
  readonly args: (vm: ChaosVm) => readonly string[];
  /** what may become of the VM: what it was, or what it was going to be; an interrupted start is undone */
  readonly outcomes: readonly Outcome[];
  /** faults in the sample that runs within `npm test` */
  readonly sample: number;
}

/** In an order in which each begins where the one before has ended, so that little has to be booted. */
export const SCENARIOS: readonly Scenario[] = [
  {
    name: 'vm.create',
    kind: 'vm.create',
    from: 'absent',
    args: (vm) => vm.createCommand,
    outcomes: ['absent', 'running'],
    sample: 4,
  },
  {
    name: 'vm.stop',
    kind: 'vm.stop',
    from: 'running',
    args: ({ name }) => ['vm', 'stop', name],
    outcomes: ['running', 'stopped'],
    sample: 3,
  },
  {
    name: 'vm.start',
    kind: 'vm.start',
    from: 'stopped',
    args: ({ name }) => ['vm', 'start', name],
    outcomes: ['running', 'stopped'],
    sample: 2,
  },
  {
    name: 'vm.restart',
    kind: 'vm.restart',
    from: 'running',
    args: ({ name }) => ['vm', 'restart', name],
    outcomes: ['running', 'stopped'],
    sample: 2,
  },
  {
    name: 'vm.kill',
    kind: 'vm.kill',
    from: 'running',
    args: ({ name }) => ['vm', 'kill', name],
    outcomes: ['running', 'stopped'],
    sample: 1,
  },
  {
    name: 'vm.delete of a stopped VM',
    kind: 'vm.delete',
    from: 'stopped',
    args: ({ name }) => ['vm', 'delete', name],
    outcomes: ['stopped', 'absent'],
    sample: 1,
  },
  {
    name: 'vm.delete --force of a running VM',
    kind: 'vm.delete',
    from: 'running',
    args: ({ name }) => ['vm', 'delete', '--force', name],
    outcomes: ['running', 'absent'],
    sample: 1,
  },
];
