import { describe, expect, it } from 'vitest';
import { parsePasswdUids, parseSubordinateUids } from './uid-tables.js';

describe('uid tables', () => {
  it('read users, and skip what is no entry', () => {
    const text =
      'root:x:0:0:root:/root:/bin/bash\n# remark\n+nis\nvm:x:780003:780003::/:/bin/false\nbad:x:-1:0::/:\n';
    expect(parsePasswdUids(text)).toEqual([
      { from: 0, to: 0 },
      { from: 780003, to: 780003 },
    ]);
  });

  it('read the ranges of containers', () => {
    expect(parseSubordinateUids('ann:100000:65536\nnobody:165536:0\n\nbroken\n')).toEqual([
      { from: 100000, to: 165535 },
    ]);
  });
});
