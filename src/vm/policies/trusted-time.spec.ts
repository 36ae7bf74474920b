import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../../test/support/fakes/fake-clock.js';
import { TrustedTime } from './trusted-time.js';

const HOUR = 3_600_000;

function watched(clock = new FakeClock()): { clock: FakeClock; time: TrustedTime; jumps: number[] } {
  const jumps: number[] = [];
  return { clock, jumps, time: new TrustedTime(clock, (ms) => void jumps.push(ms)) };
}

describe('the time that VMs are deleted by', () => {
  it('is trusted while it goes by, also when the host slept, and when it is corrected a little', () => {
    const { clock, time, jumps } = watched();
    for (const change of [() => clock.pass(5000), () => clock.sleep(9 * HOUR), () => clock.set(20_000)]) {
      change();
      expect(time.isTrusted()).toBe(true);
    }
    expect(jumps).toEqual([]);
  });

  it('is not for 15 minutes after a jump forward; then what the clock says holds', () => {
    const { clock, time, jumps } = watched();
    clock.set(30 * 24 * HOUR);
    expect(time.isTrusted()).toBe(false);
    clock.pass(14 * 60_000);
    expect(time.isTrusted()).toBe(false);
    clock.pass(60_001);
    expect(time.isTrusted()).toBe(true);
    expect(jumps).toEqual([30 * 24 * HOUR]);
  });

  it('is again as soon as the clock is put right', () => {
    const { clock, time, jumps } = watched();
    clock.set(HOUR);
    expect(time.isTrusted()).toBe(false);
    clock.set(-HOUR);
    expect(time.isTrusted()).toBe(true);
    expect(jumps).toEqual([HOUR, -HOUR]);
  });

  it('is not in the first two minutes of a host', () => {
    const clock = new FakeClock();
    clock.reboot();
    const { time } = watched(clock);
    expect(time.isTrusted()).toBe(false);
    clock.pass(120_000);
    expect(time.isTrusted()).toBe(true);
  });
});
