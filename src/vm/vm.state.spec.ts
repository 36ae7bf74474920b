import { describe, expect, it } from 'vitest';
import { VM_STATES } from '../contract/index.js';
import type { VmState } from '../contract/index.js';
import { canFollow, VM_TRANSITIONS } from './vm.state.js';

function reachableFrom(start: VmState): Set<VmState> {
  const reached = new Set<VmState>([start]);
  const queue = [start];
  for (let state = queue.pop(); state !== undefined; state = queue.pop()) {
    for (const next of VM_TRANSITIONS[state]) {
      if (!reached.has(next)) {
        reached.add(next);
        queue.push(next);
      }
    }
  }
  return reached;
}

describe('VM states', () => {
  it('are all reached from creating', () => {
    expect([...reachableFrom('creating')].toSorted()).toEqual([...VM_STATES].toSorted());
  });

  it.each(VM_STATES)('%s is no dead end: the VM can be deleted in the end', (state) => {
    expect(reachableFrom(state)).toContain('deleting');
  });

  it('does not let a stopped VM run without starting', () => {
    expect(canFollow('stopped', 'running')).toBe(false);
  });
});
