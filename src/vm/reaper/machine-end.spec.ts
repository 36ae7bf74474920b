import { describe, expect, it } from 'vitest';
import { explainEnd } from './machine-end.js';
import type { MachineEndFacts } from './machine-end.js';

const UNKNOWN = { exitCode: null, signal: null };
const OFF = { exitCode: 0, signal: null };
const KILLED = { exitCode: null, signal: 'SIGKILL' };

function explain(facts: Partial<MachineEndFacts>): string {
  const { cause, reason, why } = explainEnd({
    exit: UNKNOWN,
    outOfMemory: undefined,
    hostRestarted: false,
    watched: true,
    consoleTail: '',
    ...facts,
  });
  return `${cause}: ${reason}${why === undefined ? '' : ` (${why})`}`;
}

describe('why a machine ended', () => {
  it('is told by what is known of its process', () => {
    expect(explain({ exit: { exitCode: 1, signal: null } })).toBe('failed: ended with exit status 1');
    expect(explain({ exit: { exitCode: null, signal: 'SIGSEGV' } })).toBe('failed: killed by SIGSEGV');
    expect(explain({ exit: OFF })).toBe('powered-off: powered off by its guest');
    expect(explain({ watched: false })).toBe('failed: ended while no daemon was running');
    expect(explain({ watched: false, hostRestarted: true })).toBe('failed: ended by a restart of the host');
    expect(explain({})).toMatch(/^failed: ended, in a way that is not known \(.*earlier daemon/);
  });

  it('tells a guest that powers off from a VMM that was told to end, both with exit status 0', () => {
    expect(explain({ exit: { ...OFF, by: 'guest-off' } })).toBe('powered-off: powered off by its guest');
    expect(explain({ exit: { ...UNKNOWN, by: 'guest-off' } })).toBe('powered-off: powered off by its guest');
    expect(explain({ exit: { ...OFF, by: 'guest-reset' } })).toBe(
      'powered-off: ended by a reboot of its guest',
    );
    expect(explain({ exit: { ...OFF, by: 'host' } })).toMatch(/^failed: told to end by a signal \(.*SIGTERM/);
  });

  it('is a panic when the VMM or the console says so', () => {
    const consoleTail = 'x\nKernel panic - not syncing: Attempted to kill init!\nend';
    expect(explain({ exit: { ...OFF, by: 'guest-reset' }, consoleTail })).toBe(
      'failed: ended by a panic of its kernel (its console says: Attempted to kill init!)',
    );
    expect(explain({ exit: { ...OFF, by: 'guest-panic' } })).toBe('failed: ended by a panic of its kernel');
    expect(
      explain({ exit: { ...OFF, by: 'guest-off' }, consoleTail }),
      'a guest may print what it likes',
    ).toBe('powered-off: powered off by its guest');
  });

  it('is a lack of memory: for certain when the kernel names the process, else probably', () => {
    expect(explain({ exit: KILLED, outOfMemory: 'certain' })).toBe(
      'failed: killed by the kernel (the host ran out of memory)',
    );
    expect(explain({ exit: KILLED, outOfMemory: 'probable' })).toMatch(
      /^failed: killed by SIGKILL \(probably the host ran out of memory/,
    );
    expect(explain({ exit: KILLED })).toBe('failed: killed by SIGKILL');
  });
});
