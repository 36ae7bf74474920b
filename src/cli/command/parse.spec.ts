import { describe, expect, it } from 'vitest';
import {
  addLabel,
  addVariable,
  parseCount,
  parseDuration,
  parseMib,
  parseRestartPolicy,
  parseSpan,
} from './parse.js';

describe('sizes', () => {
  it.each([
    ['512m', 512],
    ['512M', 512],
    ['512MiB', 512],
    ['1024', 1024],
    ['2g', 2048],
    ['2GB', 2048],
    ['1.5g', 1536],
    ['1t', 1_048_576],
    ['2048k', 2],
  ])('%s is %d MiB', (text, mib) => {
    expect(parseMib('--memory', text)).toBe(mib);
  });

  it.each(['', 'm', '-1', '1x', '0', '0.5m', '1e3', '512 mb ram', '1..5g', '9'.repeat(400)])(
    '%j is refused',
    (text) => {
      expect(() => parseMib('--memory', text)).toThrow(expect.objectContaining({ kind: 'USAGE_INVALID' }));
    },
  );

  it('counts are whole numbers', () => {
    expect(parseCount('--cpus', '10000')).toBe(10_000);
    for (const text of ['', '1.5', '-1', 'one', '1e3'])
      expect(() => parseCount('--cpus', text)).toThrow('--cpus');
  });
});

describe('durations', () => {
  it.each([
    ['90s', 90],
    ['30m', 1800],
    ['2h', 7200],
    ['7d', 604_800],
    ['1h30m', 5400],
    ['1H30M', 5400],
    ['0', 0],
    ['366d', 366 * 86_400],
  ])('%s is %d seconds', (text, seconds) => {
    expect(parseDuration('--ttl', text)).toBe(seconds);
  });

  it.each(['', 'soon', '-1h', '1.5h', '2 h', '1w', 'h', '1h30', '367d', '9'.repeat(30) + 'd'])(
    '%j is refused',
    (text) => {
      expect(() => parseDuration('--ttl', text)).toThrow(expect.objectContaining({ kind: 'USAGE_INVALID' }));
    },
  );

  it('want a unit, and some time where none makes no sense', () => {
    expect(() => parseDuration('--ttl', '30')).toThrow('--ttl "30" has no unit');
    expect(() => parseSpan('--idle-stop', '0s')).toThrow('--idle-stop "0s" is no time at all');
    expect(parseSpan('--idle-stop', '1s')).toBe(1);
    expect(() => parseDuration('--ttl', 'none')).toThrow(
      expect.objectContaining({ fix: expect.stringContaining('0 for never') as string }),
    );
    expect(() => parseSpan('--ttl', 'none')).toThrow(
      expect.objectContaining({ fix: 'write --ttl 90s, 30m, 1h30m or 7d' }),
    );
  });
});

describe('labels and policies', () => {
  it('take the text after the first =, and the last of two', () => {
    const first = addLabel('--label', 'team=a=b', undefined);
    expect(addLabel('--label', 'team=web', addLabel('--label', 'empty=', first))).toEqual({
      team: 'web',
      empty: '',
    });
  });

  it.each(['', 'team', '=x'])('%j is no label', (text) => {
    expect(() => addLabel('--label', text, undefined)).toThrow('is not a label');
  });

  it('are known, or the nearest one is named', () => {
    expect(parseRestartPolicy('--restart', 'on-failure')).toBe('on-failure');
    expect(() => parseRestartPolicy('--restart', 'on-failur')).toThrow(
      expect.objectContaining({ fix: 'did you mean on-failure? there are no, on-failure, always' }),
    );
  });
});

describe('variables', () => {
  it('take the text after the first =, or the caller’s value', () => {
    const first = addVariable('A=b=c', undefined, {});
    expect(addVariable('HOME', first, { HOME: '/home/u' })).toEqual({ A: 'b=c', HOME: '/home/u' });
    expect(addVariable('EMPTY=', undefined, {})).toEqual({ EMPTY: '' });
  });

  it.each(['=x', '1A=x', 'A-B=x', ''])('%j is refused', (text) => {
    expect(() => addVariable(text, undefined, {})).toThrow('does not name a variable');
  });

  it.each(['NOPE', 'constructor', '__proto__'])(
    'must exist here when they come without a value: %s',
    (name) => {
      expect(() => addVariable(name, undefined, {})).toThrow('there is no such variable here');
      expect(() => addVariable(name, undefined, process.env)).toThrow('there is no such variable here');
    },
  );
});
