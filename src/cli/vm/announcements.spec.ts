import { describe, expect, it } from 'vitest';
import type { VmView } from '../../contract/vm.dto.js';
import { announcements, ordinal } from './announcements.js';

const NOW = Date.parse('2026-01-01T00:00:00Z');
const inSeconds = (seconds: number): string => new Date(NOW + seconds * 1000).toISOString();

function said(vm: Partial<VmView>): string {
  return announcements({ state: 'running', restarts: 0, ...vm } as VmView, NOW).join(', ');
}

describe('what a list announces', () => {
  it('is what comes, soonest first', () => {
    expect(said({})).toBe('');
    expect(said({ expiresAt: inSeconds(720), idleStopAt: inSeconds(240) })).toBe(
      'idle stop in 4m, expires in 12m',
    );
    expect(said({ state: 'failed', restartAt: inSeconds(8), restarts: 3 })).toBe('restarting in 8s (3rd)');
    expect(said({ state: 'stopped', restartAt: inSeconds(-1), restarts: 2 })).toBe('restarting now (2nd)');
    expect(said({ state: 'deleting', expiresAt: inSeconds(-5) })).toBe('expires now');
  });

  it('is why a VM is down, unless it is about to come up again', () => {
    const lastEnd = { at: inSeconds(-60), cause: 'idle', reason: 'idle for 30m' } as const;
    expect(said({ state: 'stopped', lastEnd })).toBe('idle for 30m');
    expect(said({ state: 'running', lastEnd })).toBe('');
    expect(said({ state: 'failed', lastEnd, restartAt: inSeconds(1), restarts: 1 })).toBe(
      'restarting in 1s (1st)',
    );
  });

  it('counts in English', () => {
    expect([1, 2, 3, 4, 10, 11, 12, 13, 21, 102, 111].map(ordinal)).toEqual(
      '1st 2nd 3rd 4th 10th 11th 12th 13th 21st 102nd 111th'.split(' '),
    );
  });
});
