import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import type { IncomingLimits } from '../../../../src/workspace/incoming/incoming-limits.js';
import { WorkspaceBench } from './workspace.js';

/** One bench for all tests of a `describe`. None of them leaves anything of what it imported or received. */
export function withBench(take: (bench: WorkspaceBench) => void, limits: Partial<IncomingLimits> = {}): void {
  let bench: WorkspaceBench | undefined;
  beforeAll(async () => {
    bench = await WorkspaceBench.start(limits);
    take(bench);
  });
  afterEach(() => expect(bench?.leftovers).toEqual([]));
  afterAll(() => bench?.stop());
}
