import { describe, expect, it } from 'vitest';
import { checkFreeSpace, MAX_DISK_MIB, resourceProblems } from './resources.js';
import type { ResourceRequest } from './resources.js';

const FACTS = { cpus: 4, memoryTotalMib: 8000, imageBytes: 2048 * 1024 * 1024 };
const FINE: ResourceRequest = { cpus: 2, memoryMib: 1024 };

function refusal(request: Partial<ResourceRequest>): unknown {
  const [problem, ...more] = resourceProblems({ ...FINE, ...request }, FACTS);
  expect(more).toEqual([]);
  return problem === undefined
    ? undefined
    : [problem.kind, problem.message, problem.details, problem.why, problem.fix];
}

describe('resourceProblems', () => {
  it.each<Partial<ResourceRequest>>([
    {},
    { cpus: 1, memoryMib: 64 },
    { cpus: 4, memoryMib: 8000, diskMib: 2048 },
    { diskMib: MAX_DISK_MIB, workDiskMib: 512 },
  ])('takes %o', (request) => {
    expect(refusal(request)).toBeUndefined();
  });

  it.each<[Partial<ResourceRequest>, string, string, string]>([
    [{ cpus: 0 }, 'a VM with 0 CPUs is not possible', 'a VM needs at least one CPU', 'ask for 1 to 4 CPUs'],
    [{ cpus: 10_000 }, 'a VM with 10000 CPUs is not possible', 'this host has 4 CPUs', 'ask for 1 to 4 CPUs'],
    [
      { cpus: 1.5 },
      'a VM with 1.5 CPUs is not possible',
      'a VM needs at least one CPU',
      'ask for 1 to 4 CPUs',
    ],
    [
      { memoryMib: 63 },
      'a VM with 63 MiB of memory is not possible',
      'Linux does not start with less than 64 MiB',
      'ask for 64 to 8000 MiB',
    ],
    [
      { memoryMib: 8001 },
      'a VM with 8001 MiB of memory is not possible',
      'this host has 8000 MiB of memory',
      'ask for 64 to 8000 MiB',
    ],
    [
      { diskMib: 2047 },
      'a disk of 2047 MiB is not possible',
      "the image's own disk has 2048 MiB, and a disk cannot be made smaller than that",
      'ask for 2048 to 16777216 MiB, or leave the size out',
    ],
    [
      { diskMib: MAX_DISK_MIB + 1 },
      'a disk of 16777217 MiB is not possible',
      'a file system in the guest ends at 16777216 MiB',
      'ask for 2048 to 16777216 MiB, or leave the size out',
    ],
    [
      { workDiskMib: 0 },
      'a work disk of 0 MiB is not possible',
      'a file system with a journal takes 512 MiB',
      'ask for 512 to 16777216 MiB, or leave it out',
    ],
  ])('refuses %o', (request, message, why, fix) => {
    expect(refusal(request)).toEqual(['VM_RESOURCES_INVALID', message, expect.anything(), why, fix]);
  });

  it('tells everything at once', () => {
    const problems = resourceProblems({ cpus: 9, memoryMib: 1, diskMib: 1 }, FACTS);
    expect(problems.map(({ details }) => details.resource)).toEqual(['cpus', 'memory', 'disk']);
  });

  it('gives the bounds as data', () => {
    expect(refusal({ cpus: 9 })).toContainEqual({ resource: 'cpus', requested: 9, min: 1, max: 4 });
    expect(refusal({ memoryMib: Number.NaN })).toContainEqual({
      resource: 'memory',
      requested: Number.NaN,
      min: 64,
      max: 8000,
    });
  });
});

it('checkFreeSpace keeps a reserve', () => {
  const free = 300 * 1024 * 1024;
  expect(() => checkFreeSpace({ path: '/state', freeBytes: free, neededBytes: 1024 })).not.toThrow();
  expect(() => checkFreeSpace({ path: '/state', freeBytes: free, neededBytes: free })).toThrow(
    'no space is left on the file system of /state',
  );
});
