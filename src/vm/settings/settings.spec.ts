import { describe, expect, it } from 'vitest';
import { hasLabels } from './labels.js';
import { lifeOf } from './life.js';

const NOW = new Date('2026-11-25T12:00:00Z');

describe('lifeOf', () => {
  it('counts the time to live from now', () => {
    expect(lifeOf({ ttlSeconds: 7200, idleStopSeconds: 1800, restartPolicy: 'always' }, NOW)).toEqual({
      ttlSeconds: 7200,
      expiresAt: new Date('2026-11-25T14:00:00Z'),
      idleStopSeconds: 1800,
      restartPolicy: 'always',
    });
  });

  it('takes nothing and 0 for never', () => {
    const never = {
      ttlSeconds: undefined,
      expiresAt: undefined,
      idleStopSeconds: undefined,
      restartPolicy: 'no',
    };
    expect(lifeOf({}, NOW)).toEqual(never);
    expect(lifeOf({ ttlSeconds: 0, idleStopSeconds: 0, restartPolicy: 'no' }, NOW)).toEqual(never);
  });
});

describe('hasLabels', () => {
  const labels = { team: 'web', empty: '', 'a.b/c': 'x=y' };
  it.each([
    [[], true],
    [['team'], true],
    [['team=web', 'a.b/c=x=y'], true],
    [['empty='], true],
    [['team='], false],
    [['team=web', 'tier'], false],
    [['toString'], false],
  ])('%j: %s', (selectors, expected) => {
    expect(hasLabels(labels, selectors)).toBe(expected);
  });
});
