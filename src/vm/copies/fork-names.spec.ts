import { describe, expect, it } from 'vitest';
import { forkNames } from './fork-names.js';
import type { ForkName } from './fork-names.js';

interface Wishes {
  pattern?: string;
  branch?: string;
  taken?: string[];
}

const copies = (
  parent: string,
  count: number,
  { pattern: name, branch, taken = [] }: Wishes = {},
): ForkName[] => forkNames(parent, { patterns: { name, branch }, count, taken: new Set(taken) });

const names = (parent: string, count: number, wishes?: Wishes): string[] =>
  copies(parent, count, wishes).map(({ name }) => name);

const branches = (count: number, wishes: Wishes): (string | undefined)[] =>
  copies('web', count, wishes).map(({ branch }) => branch);

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

describe('branches of copies', () => {
  it('have the number that the name has, and may all be the same', () => {
    expect(branches(2, { branch: 'try-{n}', taken: ['web-1', 'web-3'] })).toEqual(['try-2', 'try-4']);
    expect(branches(2, { branch: 'b{n}/{n}', pattern: 'x-{n}' })).toEqual(['b1/1', 'b2/2']);
    expect(branches(3, { branch: 'same' })).toEqual(['same', 'same', 'same']);
    expect(branches(1, {})).toEqual([undefined]);
  });

  it.each(['{n}..{n}', 'x.lock', `${'x'.repeat(199)}{n}`, 'HEAD', '@'])(
    'called %s are refused before anything is done',
    (branch) => {
      expect(() => branches(20, { branch })).toThrowError(
        expect.objectContaining({
          kind: 'PARAMS_INVALID',
          why: expect.stringContaining('no branch') as string,
        }),
      );
    },
  );
});
