import { describe, expect, it } from 'vitest';
import { snapshotCopyParams } from './snapshot-copy.js';

describe('--from-snapshot', () => {
  it('names a VM and a snapshot of it; what is given besides goes with it', () => {
    expect(snapshotCopyParams('web/1', { gitIdentity: { name: 'Ada' } })).toEqual({
      vm: 'web',
      snapshot: '1',
    });
    expect(
      snapshotCopyParams('web/a.b', {
        name: 'copy',
        labels: { a: 'b' },
        publishedPorts: [],
        ttlSeconds: 60,
        idleStopSeconds: 0,
        restartPolicy: 'always',
        cold: true,
      }),
    ).toEqual({
      vm: 'web',
      snapshot: 'a.b',
      name: 'copy',
      labels: { a: 'b' },
      publishedPorts: [],
      ttlSeconds: 60,
      idleStopSeconds: 0,
      restartPolicy: 'always',
      cold: true,
    });
  });

  it.each(['web', 'web/', '/1', 'web/1/2', ''])('%j names none', (from) => {
    expect(() => snapshotCopyParams(from, {})).toThrowError(
      expect.objectContaining({ kind: 'USAGE_INVALID', fix: expect.stringContaining('VM/NAME') }),
    );
  });

  it('is refused together with what the other VM decides, all of which is named', () => {
    expect(() =>
      snapshotCopyParams('web/1', { memoryMib: 1, workspace: { path: '/a' }, env: {} }),
    ).toThrowError(/--memory, --env, PATH cannot be given/);
  });
});
