import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GUARANTEES } from './index.js';
import { WorkingCopy } from './working-copy.js';

/**
 * A test that cannot fail proves nothing: each guarantee's test is run with its mechanism taken out of a copy of the
 * product, and has to fail then; and once as things are, when it has to pass.
 */
describe('the test of', () => {
  let copy: WorkingCopy;

  beforeAll(() => {
    copy = new WorkingCopy();
  });

  afterAll(() => {
    copy.remove();
  });

  describe.each(GUARANTEES)('$guarantee', (guarantee) => {
    it('passes', async () => {
      const run = await copy.test(guarantee);
      expect([run.failed, run.passed > 0], run.output).toEqual([0, true]);
    });

    it.each(guarantee.mutations)('fails without its mechanism: $file, $find', async (mutation) => {
      const restore = copy.mutate(mutation);
      try {
        const run = await copy.test(guarantee);
        expect(run.failed, run.output).toBeGreaterThan(0);
      } finally {
        restore();
      }
    });
  });
});
