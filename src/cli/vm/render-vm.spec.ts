import { expect, it } from 'vitest';
import { describePending } from './render-vm.js';

// 1071 MiB and 1024 MiB are both 1G: `memory 1G from the next start, 1G until then` told nothing.
it('tells sizes apart that round to the same', () => {
  expect(describePending({ memoryMib: { now: 1071, next: 1024 } })).toEqual([
    'memory 1024M from the next start, 1071M until then',
  ]);
  expect(describePending({ memoryMib: { now: 2048, next: 4096 }, cpus: { now: 1, next: 2 } })).toEqual([
    'CPUs: 2 from the next start, 1 until then',
    'memory 4G from the next start, 2G until then',
  ]);
});
