import { describe, expect, it } from 'vitest';
import { addVariable, parseCount, parseMib } from './parse.js';

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

describe('variables', () => {
  it('take the text after the first =, or the caller’s value', () => {
    const first = addVariable('A=b=c', undefined, {});
    expect(addVariable('HOME', first, { HOME: '/home/u' })).toEqual({ A: 'b=c', HOME: '/home/u' });
    expect(addVariable('EMPTY=', undefined, {})).toEqual({ EMPTY: '' });
  });

  it.each(['=x', '1A=x', 'A-B=x', ''])('%j is refused', (text) => {
    expect(() => addVariable(text, undefined, {})).toThrow('does not name a variable');
  });

  it('must exist here when they come without a value', () => {
    expect(() => addVariable('NOPE', undefined, {})).toThrow('there is no such variable here');
  });
});
