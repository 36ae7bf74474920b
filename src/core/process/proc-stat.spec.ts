import { describe, expect, it } from 'vitest';
import { isGone, parseProcStat } from './proc-stat.js';

const rest = 'S 10 4242 4242 0 -1 4194304 1 0 0 0 0 0 0 0 20 0 1 0 987654 1000 200';

describe('parseProcStat', () => {
  it('reads state, group and start time', () => {
    expect(parseProcStat(`4242 (sleep) ${rest}\n`)).toEqual({
      state: 'S',
      processGroup: 4242,
      startTicks: 987654,
    });
  });

  it.each(['a) R 1 1', '(((', 'tmux: server', ') Z 0 0 0', 'new\nline'])(
    'is not misled by the name %j',
    (name) => {
      expect(parseProcStat(`7 (${name}) ${rest}`)).toEqual({
        state: 'S',
        processGroup: 4242,
        startTicks: 987654,
      });
    },
  );

  it.each(['', '12', '12 (sh)', '12 (sh) S 1 x y', 'no parenthesis at all'])('refuses %j', (line) => {
    expect(parseProcStat(line)).toBeUndefined();
  });

  it('counts zombies and the dead as gone', () => {
    expect(
      ['Z', 'X', 'R', 'S', 'D', 'T'].map((state) => isGone({ state, processGroup: 1, startTicks: 1 })),
    ).toEqual([true, true, false, false, false, false]);
  });
});
