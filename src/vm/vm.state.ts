import type { VmState } from '../contract/index.js';

/**
 * Which state may follow which. `creating` and `deleting` end with the row itself gone.
 * A test proves that every state is reached from `creating` and that none is a dead end (design invariant 5).
 */
export const VM_TRANSITIONS: Readonly<Record<VmState, readonly VmState[]>> = {
  creating: ['running', 'deleting'],
  starting: ['running', 'stopped', 'failed'],
  running: ['stopping', 'stopped', 'failed', 'deleting'],
  stopping: ['stopped', 'failed', 'running'],
  stopped: ['starting', 'deleting'],
  failed: ['starting', 'deleting'],
  deleting: [],
};

export function canFollow(from: VmState, to: VmState): boolean {
  return VM_TRANSITIONS[from].includes(to);
}
