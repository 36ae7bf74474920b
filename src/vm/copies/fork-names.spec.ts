import { describe, expect, it } from 'vitest';
import { forkNames } from './fork-names.js';

const names = (
  parent: string,
  count: number,
  { pattern, taken = [] }: { pattern?: string; taken?: string[] } = {},
): string[] => forkNames(parent, { pattern, count, taken: new Set(taken) });

describe('names of copies', () => {
  it('are the VM’s own with a number, past those that are taken', () => {
    expect(names('web', 3)).toEqual(['web-1', 'web-2', 'web-3']);
    expect(names('web', 2, { taken: ['web-1', 'web-3'] })).toEqual(['web-2', 'web-4']);
  });

  it('are never too long for a name', () => {
    const [first = '', second = ''] = names('x'.repeat(63), 2);
    expect([first.length, second.length]).toEqual([63, 63]);
    expect(first).toMatch(/-1$/);
    expect(names('x'.repeat(63), 12).at(-1)).toMatch(/^x{60}-12$/);
  });

  it('are what the pattern says, taken or not: that is told later', () => {
    expect(names('web', 2, { pattern: 'try-{n}-of-{n}', taken: ['try-1-of-1'] })).toEqual([
      'try-1-of-1',
      'try-2-of-2',
    ]);
    expect(names('web', 1, { pattern: 'only' })).toEqual(['only']);
  });

  it.each([
    ['only', 2, /same name/],
    ['web-', 1, /no name for a VM/],
    [`${'x'.repeat(61)}{n}`, 100, /no name for a VM/],
  ])('by the pattern %s for %d are refused', (pattern, count, why) => {
    expect(() => names('web', count, { pattern })).toThrowError(
      expect.objectContaining({ kind: 'PARAMS_INVALID', why: expect.stringMatching(why) }),
    );
  });
});
