import { describe, expect, it } from 'vitest';
import { METHODS, VM_STATES } from '../contract/index.js';
import type { VmState } from '../contract/index.js';
import { isKind } from '../core/errors/index.js';
import { assertLegal, VM_METHODS } from './vm.methods.js';
import type { VmMethod } from './vm.methods.js';
import { canFollow, GONE, VM_EVENTS } from './vm.state.js';
import type { VmStateOrGone } from './vm.state.js';

type Event = keyof typeof VM_EVENTS;
const EVENTS = Object.keys(VM_EVENTS) as Event[];
const METHOD_NAMES = Object.keys(VM_METHODS) as VmMethod[];
/** states in which a VM stays until somebody does something */
const STABLE = ['running', 'stopped', 'failed'] as const;

function isLegal(method: VmMethod, state: VmState, force: boolean): boolean {
  try {
    assertLegal(method, { name: 'web', state }, force);
    return true;
  } catch {
    return false;
  }
}

/** What can become of a VM, by what a user may ask for there and by what happens to it. */
function reachableFrom(start: VmState, events: readonly Event[] = EVENTS): Set<VmStateOrGone> {
  const reached = new Set<VmStateOrGone>([start]);
  for (const state of reached) {
    for (const name of events) {
      const { from, to } = VM_EVENTS[name];
      const asked = Object.hasOwn(VM_METHODS, name);
      if (state === GONE || !from.some((one) => one === state)) continue;
      if (!asked || isLegal(name as VmMethod, state, true)) reached.add(to);
    }
  }
  return reached;
}

describe('VM states', () => {
  it('are all reached from creating', () => {
    expect([...reachableFrom('creating')].toSorted()).toEqual([...VM_STATES, GONE].toSorted());
  });

  it.each(VM_STATES)('%s is no dead end: the user can delete the VM, whatever else happens', (state) => {
    expect(isLegal('vm.delete', state, true)).toBe(true);
    expect(reachableFrom(state, ['vm.delete', 'everything is removed'])).toContain(GONE);
  });

  it.each(STABLE)('%s is no dead end: the user can have the VM run', (state) => {
    expect(reachableFrom(state, ['vm.start', 'the guest answers'])).toContain('running');
  });

  it.each(VM_STATES.filter((state) => !STABLE.some((stable) => stable === state)))(
    '%s passes: a user is not stuck there when a change and its undo failed',
    (state) => {
      const ways = METHOD_NAMES.filter(
        (method) => VM_METHODS[method].changes && isLegal(method, state, true),
      );
      expect(ways).toContain('vm.delete');
    },
  );

  it('do not let a stopped VM run without starting', () => {
    expect(canFollow('stopped', 'running')).toBe(false);
  });
});

describe('VM methods', () => {
  it('are all in the table of states, and nothing else is', () => {
    const about = Object.keys(METHODS).filter((name) => name.startsWith('vm.'));
    const exempt = ['vm.create.begin', 'vm.list', 'vm.prunable', 'vm.sshConfig'];
    expect(METHOD_NAMES.toSorted()).toEqual(about.filter((name) => !exempt.includes(name)).toSorted());
  });

  it.each(METHOD_NAMES.filter((method) => Object.hasOwn(VM_EVENTS, method)))(
    '%s is legal wherever its edge begins',
    (method) => {
      const { from } = VM_EVENTS[method as Event & VmMethod];
      for (const state of from) expect(isLegal(method, state, true), state).toBe(true);
    },
  );

  it.each(METHOD_NAMES.flatMap((method) => VM_STATES.map((state) => [method, state] as const)))(
    '%s of a VM that is %s is legal, done already, or refused with what to do',
    (method, state) => {
      const { in: legal, done = [], forced = [] } = VM_METHODS[method];
      expect([...legal, ...forced].some((one) => done.includes(one))).toBe(false);
      if (legal.includes(state)) return assertLegal(method, { name: 'web', state });
      try {
        assertLegal(method, { name: 'web', state });
        return expect.unreachable();
      } catch (error) {
        expect(isKind(error, 'VM_WRONG_STATE') && error.details).toEqual({
          vm: 'web',
          state,
          allowed: legal,
        });
        expect((error as { fix?: string }).fix).toMatch(/banger vm \w+ web/);
      }
    },
  );
});
