import { describe, expect, it } from 'vitest';
import { ManyThingsCheck } from './doctor-check.js';
import type { Problem } from './doctor-check.js';

class Looks extends ManyThingsCheck {
  readonly id = 'things';
  readonly title = 'things';
  looks = 0;

  constructor(private readonly found: readonly (readonly string[])[]) {
    super();
  }

  protected override look(): Promise<{ looked: string; problems: Problem[] }> {
    const found = this.found[this.looks] ?? [];
    this.looks += 1;
    const problems = found.map((what) => ({ status: 'fail' as const, what, repairable: false }));
    return Promise.resolve({ looked: `look ${this.looks}`, problems });
  }
}

describe('a check of many things', () => {
  it('tells what two looks have seen, and nothing that was there for a moment', async () => {
    const passing = new Looks([['a is stuck'], ['b is stuck']]);
    expect(await passing.run()).toEqual({ status: 'ok', detail: 'look 2' });
    const lasting = new Looks([
      ['a is stuck', 'b is gone'],
      ['b is gone', 'c is stuck'],
    ]);
    expect(await lasting.run()).toMatchObject({
      status: 'fail',
      detail: 'b is gone',
      problems: [{ what: 'b is gone' }],
    });
  });

  it('looks once where all is well', async () => {
    const well = new Looks([[]]);
    expect(await well.run()).toEqual({ status: 'ok', detail: 'look 1' });
    expect(well.looks).toBe(1);
  });
});
