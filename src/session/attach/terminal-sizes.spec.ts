import { beforeEach, describe, expect, it } from 'vitest';
import type { TerminalSize } from '../../contract/index.js';
import { TerminalSizes } from './terminal-sizes.js';

describe('sizes of terminals', () => {
  let sizes: TerminalSizes;
  let changes: { columns: number; done: () => void; fail: () => void }[];
  beforeEach(() => {
    sizes = new TerminalSizes();
    changes = [];
  });
  /** A guest takes its time. */
  const change = ({ columns }: TerminalSize): Promise<void> =>
    new Promise((resolve, reject) => {
      changes.push({ columns, done: resolve, fail: () => reject(new RangeError('unreachable')) });
    });
  const set = (columns: number, id = 'ses'): Promise<void> =>
    sizes.set({ id }, { columns, rows: 24 }, change);
  const asked = (): number[] => changes.map(({ columns }) => columns);

  it('are changed once at a time, and only the last of those that were wanted meanwhile', async () => {
    const all = [1, 2, 3, 4].map((columns) => set(columns));
    expect(asked()).toEqual([1]);
    changes[0]?.done();
    await expect.poll(asked).toEqual([1, 4]);
    changes[1]?.done();
    await Promise.all(all);
    const later = set(5);
    await expect.poll(asked).toEqual([1, 4, 5]);
    changes[2]?.done();
    await later;
  });

  it('of several sessions do not wait for each other', async () => {
    const all = [set(1, 'a'), set(2, 'b')];
    expect(asked()).toEqual([1, 2]);
    changes.forEach(({ done }) => done());
    await Promise.all(all);
  });

  // Between the end of the last change and its being forgotten a size was taken note of, and never set.
  it('are not lost when they are wanted at the very moment at which the one before is done', async () => {
    for (let ticks = 0; ticks < 8; ticks += 1) {
      changes = [];
      const first = set(1);
      changes[0]?.done();
      for (let tick = 0; tick < ticks; tick += 1) await Promise.resolve();
      const second = set(2);
      await expect.poll(asked).toEqual([1, 2]);
      changes[1]?.done();
      await Promise.all([first, second]);
    }
  });

  it('that cannot be set fail for who wanted them, and for nobody later', async () => {
    const first = set(1);
    const second = set(2);
    changes[0]?.fail();
    await expect(first).rejects.toThrow('unreachable');
    await expect(second).rejects.toThrow('unreachable');
    const third = set(3);
    await expect.poll(asked).toEqual([1, 3]);
    changes[1]?.done();
    await third;
  });
});
