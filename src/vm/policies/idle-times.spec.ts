import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../../test/support/fakes/fake-clock.js';
import { IdleTimes } from './idle-times.js';

const LIMIT = 60_000;

describe('idle times', () => {
  it('are counted from the last look at which the VM was used, and announced', () => {
    const clock = new FakeClock();
    const times = new IdleTimes(clock);
    expect(times.see('vm', LIMIT, true)).toBe(false);
    expect(times.stopAt('vm')).toBeUndefined();
    clock.pass(20_000);
    expect(times.see('vm', LIMIT, false)).toBe(false);
    expect(times.stopAt('vm')?.getTime()).toBe(clock.now() + 40_000);
    clock.pass(10_000);
    expect(times.stopAt('vm')?.getTime(), 'between two looks').toBe(clock.now() + 30_000);
    clock.pass(10_000);
    expect(times.see('vm', LIMIT, true), 'used again').toBe(false);
    expect(times.stopAt('vm')).toBeUndefined();
    for (const due of [false, false, true]) {
      clock.pass(20_000);
      expect(times.see('vm', LIMIT, false)).toBe(due);
    }
  });

  it('begin anew with a new daemon, whatever went on before', () => {
    const clock = new FakeClock();
    const times = new IdleTimes(clock);
    expect(times.see('vm', LIMIT, false)).toBe(false);
    times.forget('vm');
    clock.pass(20_000);
    expect(times.see('vm', LIMIT, false)).toBe(false);
    expect(times.stopAt('vm')).toBeUndefined();
  });

  it('leave out what nobody saw: the sleep of the host, a daemon that was halted, a clock that was set', () => {
    const clock = new FakeClock();
    const times = new IdleTimes(clock);
    times.see('vm', LIMIT, false);
    clock.sleep(3_600_000);
    expect(times.see('vm', LIMIT, false)).toBe(false);
    clock.set(3_600_000);
    expect(times.see('vm', LIMIT, false)).toBe(false);
    clock.pass(3_600_000);
    expect(times.see('vm', LIMIT, false), '30 s of an hour count').toBe(false);
    clock.pass(30_000);
    expect(times.see('vm', LIMIT, false)).toBe(true);
  });

  it('of VMs that are no longer watched are forgotten', () => {
    const clock = new FakeClock();
    const times = new IdleTimes(clock);
    times.see('gone', LIMIT, false);
    clock.pass(10_000);
    times.see('gone', LIMIT, false);
    times.forgetOthers(new Set(['vm']));
    expect(times.stopAt('gone')).toBeUndefined();
  });
});
