import type { VmState } from '../contract/index.js';

/** A VM that is no more: its row is removed. */
export const GONE = 'gone';
export type VmStateOrGone = VmState | typeof GONE;

interface VmEvent {
  readonly from: readonly VmState[];
  readonly to: VmStateOrGone;
}

/**
 * Everything that moves a VM from one state to another. The first six are what a user asks for, and name the method
 * that does (`vm.methods.ts` says where it is legal); the rest happens to a VM while or because a change is under way.
 * Tests prove that every state is reached, that none is a dead end, and that the services walk these edges and no other.
 */
export const VM_EVENTS = {
  'vm.start': { from: ['stopped', 'failed', 'suspended'], to: 'starting' },
  'vm.suspend': { from: ['running'], to: 'suspended' },
  'vm.restart': { from: ['running', 'stopping'], to: 'stopping' },
  'vm.stop': { from: ['running', 'stopping', 'starting', 'suspended'], to: 'stopping' },
  'vm.kill': { from: ['running', 'stopping', 'starting', 'suspended'], to: 'stopping' },
  'vm.delete': {
    from: ['creating', 'starting', 'running', 'stopping', 'stopped', 'suspended', 'failed', 'deleting'],
    to: 'deleting',
  },

  'the guest answers': { from: ['creating', 'starting'], to: 'running' },
  'a creation fails': { from: ['creating'], to: 'deleting' },
  'a copy waits to be resumed': { from: ['creating'], to: 'suspended' },
  'a resume comes to nothing': { from: ['starting'], to: 'suspended' },
  'a snapshot is put in its place': { from: ['stopped', 'failed'], to: 'suspended' },
  'a start fails': { from: ['starting'], to: 'failed' },
  'a start is cancelled': { from: ['starting'], to: 'stopped' },
  'the machine has ended as asked': { from: ['stopping'], to: 'stopped' },
  'a stop is cancelled': { from: ['stopping'], to: 'running' },
  'the guest powers itself off': { from: ['running', 'stopping'], to: 'stopped' },
  'its files are found damaged': { from: ['stopped', 'suspended'], to: 'failed' },
  'the machine dies': { from: ['running', 'stopping'], to: 'failed' },
  'everything is removed': { from: ['deleting'], to: GONE },
} as const satisfies Readonly<Record<string, VmEvent>>;

const EVENTS: readonly VmEvent[] = Object.values(VM_EVENTS);

/** Whether one state may follow another; staying is no change. */
export function canFollow(from: VmState, to: VmState): boolean {
  return EVENTS.some((event) => event.to === to && event.from.includes(from));
}
