import { VM_STATES } from '../contract/index.js';
import type { MethodName, VmState } from '../contract/index.js';
import { VmWrongStateError } from './vm.errors.js';
import type { Vm } from './vm.types.js';

/** Methods about one VM that exists. */
export type VmMethod = Exclude<
  Extract<MethodName, `vm.${string}`>,
  'vm.create.begin' | 'vm.list' | 'vm.prunable' | 'vm.sshConfig'
>;

interface Legality {
  /** states in which it is legal */
  readonly in: readonly VmState[];
  /** states in which it has nothing to do: success */
  readonly done?: readonly VmState[];
  /** with `force` legal in these as well */
  readonly forced?: readonly VmState[];
  /** takes the VM's lock, and is checked under it: a busy VM answers VM_BUSY, whatever its state */
  readonly changes?: true;
}

/**
 * In which states each method is legal. A method that is not here does not compile. What only passes (`creating`,
 * `starting`, `stopping`, `deleting`) is met under the lock only when a change failed and its undo did too.
 */
export const VM_METHODS: Readonly<Record<VmMethod, Legality>> = {
  'vm.get': { in: VM_STATES },
  // one that is suspended is woken
  'vm.exec': { in: ['running', 'suspended'] },
  'vm.ssh': { in: ['running', 'suspended'] },
  'vm.copy': { in: ['running', 'suspended'] },
  'vm.stats': { in: VM_STATES },
  'vm.health': { in: VM_STATES },
  'vm.ping': { in: ['running'] },
  'vm.ports': { in: ['running'] },
  'vm.console': { in: VM_STATES },
  'vm.set': { in: ['running', 'stopped', 'failed'], changes: true },
  'vm.start': { in: ['stopped', 'failed', 'suspended'], done: ['running'], changes: true },
  'vm.suspend': { in: ['running'], done: ['suspended'], changes: true },
  'vm.resume': { in: ['suspended'], done: ['running'], changes: true },
  'vm.fork': { in: ['running'], changes: true },
  'vm.snapshot.create': { in: ['running', 'stopped', 'suspended', 'failed'], changes: true },
  'vm.snapshot.list': { in: VM_STATES },
  'vm.snapshot.restore': { in: ['stopped', 'suspended', 'failed'], forced: ['running'], changes: true },
  'vm.snapshot.delete': { in: ['running', 'stopped', 'suspended', 'failed'], changes: true },
  'vm.snapshot.copy.begin': { in: VM_STATES },
  'vm.restart': { in: ['running', 'stopping', 'stopped', 'suspended', 'failed'], changes: true },
  'vm.stop': {
    in: ['running', 'stopping', 'starting', 'suspended'],
    done: ['stopped', 'failed'],
    changes: true,
  },
  'vm.kill': {
    in: ['running', 'stopping', 'starting', 'suspended'],
    done: ['stopped', 'failed'],
    changes: true,
  },
  'vm.delete': {
    in: ['creating', 'stopped', 'suspended', 'failed', 'deleting'],
    forced: ['starting', 'running', 'stopping'],
    changes: true,
  },
};

export function isVmMethod(method: string): method is VmMethod {
  return Object.hasOwn(VM_METHODS, method);
}

/** Whether the VM is already what the method would make of it. */
export function isDone(method: VmMethod, vm: Pick<Vm, 'state'>): boolean {
  return VM_METHODS[method].done?.includes(vm.state) ?? false;
}

/** The one place where a method meets a state. @throws VmWrongStateError */
export function assertLegal(method: VmMethod, vm: Pick<Vm, 'name' | 'state'>, force = false): void {
  const { in: legal, forced = [] } = VM_METHODS[method];
  if (legal.includes(vm.state) || (force && forced.includes(vm.state))) return;
  throw new VmWrongStateError(vm.name, vm.state, legal, forced.includes(vm.state));
}
