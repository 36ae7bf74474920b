import { setCommand } from './commands.js';
import { SNAPSHOT } from './chaos-vm.js';
import type { ChaosVm, VmOutcome } from './chaos-vm.js';
import type { Scenario } from './interrupt.js';

type Names = Pick<ChaosVm, 'name' | 'createCommand'>;

/** From nothing to nothing, in an order in which little has to be booted. */
export function lifeScenarios({ name, createCommand }: Names): Scenario<VmOutcome>[] {
  return [
    {
      name: 'vm.create',
      kind: 'vm.create',
      from: 'absent',
      command: () => createCommand,
      outcomes: ['absent', 'running'],
      sample: 2,
    },
    {
      name: 'vm.create --cold',
      kind: 'vm.create',
      from: 'absent',
      command: () => [...createCommand, '--cold'],
      outcomes: ['absent', 'running'],
      sample: 0,
    },
    {
      name: 'vm.delete of a stopped VM',
      kind: 'vm.delete',
      from: 'stopped',
      command: () => ['vm', 'delete', name],
      outcomes: ['stopped', 'absent'],
      sample: 0,
    },
    {
      name: 'vm.kill',
      kind: 'vm.kill',
      from: 'running',
      command: () => ['vm', 'kill', name],
      outcomes: ['running', 'stopped'],
      sample: 1,
    },
    {
      name: 'vm.delete --force of a running VM',
      kind: 'vm.delete',
      from: 'running',
      command: () => ['vm', 'delete', '--force', name],
      outcomes: ['running', 'absent'],
      sample: 1,
    },
  ];
}

/** Of a VM that there is, each beginning where the one before has ended, so that little has to be booted. */
export function powerScenarios({ name }: Pick<Names, 'name'>): Scenario<VmOutcome>[] {
  return [
    {
      name: 'vm.set',
      kind: 'vm.set',
      from: 'running',
      command: () => setCommand(name),
      outcomes: ['running'],
      sample: 1,
    },
    {
      name: 'vm.stop',
      kind: 'vm.stop',
      from: 'running',
      command: () => ['vm', 'stop', name],
      outcomes: ['running', 'stopped'],
      sample: 1,
    },
    {
      name: 'vm.start',
      kind: 'vm.start',
      from: 'stopped',
      command: () => ['vm', 'start', name],
      outcomes: ['running', 'stopped'],
      sample: 1,
    },
    {
      name: 'vm.restart',
      kind: 'vm.restart',
      from: 'running',
      command: () => ['vm', 'restart', name],
      outcomes: ['running', 'stopped'],
      sample: 0,
    },
  ];
}

/** What is kept of a VM, and made of that. Its memory is gone when what it was going on from has been used up. */
export function keepingScenarios({ name }: Pick<Names, 'name'>): Scenario<VmOutcome>[] {
  return [
    {
      name: 'vm.suspend',
      kind: 'vm.suspend',
      from: 'running',
      command: () => ['vm', 'suspend', name],
      outcomes: ['running', 'suspended'],
      sample: 1,
    },
    {
      name: 'vm.resume',
      kind: 'vm.resume',
      from: 'suspended',
      command: () => ['vm', 'resume', name],
      outcomes: ['suspended', 'running', 'stopped'],
      sample: 1,
    },
    {
      name: 'vm.fork',
      kind: 'vm.fork',
      lastKind: 'vm.fork.copy',
      from: 'running',
      command: () => ['vm', 'fork', name],
      outcomes: ['running'],
      sample: 1,
    },
    {
      name: 'vm.fork --paused',
      kind: 'vm.fork.copy',
      from: 'running',
      command: () => ['vm', 'fork', '--paused', name],
      outcomes: ['running'],
      sample: 0,
    },
    {
      name: 'vm.snapshot.create',
      kind: 'vm.snapshot.create',
      from: 'running',
      command: () => ['vm', 'snapshot', 'create', name],
      outcomes: ['running'],
      sample: 0,
    },
    {
      name: 'vm.snapshot.restore',
      kind: 'vm.snapshot.restore',
      from: 'kept',
      command: () => ['vm', 'snapshot', 'restore', '--force', name, SNAPSHOT],
      outcomes: ['running', 'stopped', 'suspended'],
      sample: 1,
    },
    {
      name: 'vm.create --from-snapshot',
      kind: 'vm.snapshot.copy',
      from: 'kept',
      command: () => ['vm', 'create', '--name', 'copy', '--from-snapshot', `${name}/${SNAPSHOT}`],
      outcomes: ['running'],
      sample: 0,
    },
    {
      name: 'vm.snapshot.delete',
      kind: 'vm.snapshot.delete',
      from: 'kept',
      command: () => ['vm', 'snapshot', 'delete', name, SNAPSHOT],
      outcomes: ['running'],
      sample: 0,
    },
  ];
}
