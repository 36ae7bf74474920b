import { describe, expect, it } from 'vitest';
import { diskConditions, LOW_BYTES } from './disk-conditions.js';

const since = new Date(0);

describe('the conditions of a VM by its disk', () => {
  it('are none while there is room, or nobody has looked', () => {
    expect(diskConditions(undefined, LOW_BYTES, '/vms')).toEqual([]);
    expect(diskConditions(undefined, undefined, '/vms')).toEqual([]);
  });

  it('tell that room runs short', () => {
    expect(diskConditions(undefined, 1024 ** 2 * 99.5, '/vms')).toEqual([
      {
        kind: 'disk-space-low',
        message: expect.stringContaining('only 99 MiB are free on the file system of /vms'),
        fix: expect.stringContaining('free some space'),
      },
    ]);
  });

  it('tell that it is halted, why, since when, and that alone', () => {
    expect(diskConditions({ noSpace: true, since }, 0, '/vms')).toEqual([
      {
        kind: 'halted',
        since: '1970-01-01T00:00:00.000Z',
        message: expect.stringContaining('/vms is full'),
        fix: expect.stringContaining('goes on by itself as soon as 64 MiB are free'),
      },
    ]);
    expect(diskConditions({ noSpace: false, since }, 0, '/vms')[0]?.message).toContain('reported an error');
  });
});
