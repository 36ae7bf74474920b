import { describe, expect, it } from 'vitest';
import { exclusiveBytes } from './file-extents.js';

const HEAD = `Filesystem type is: 58465342
File size of disk is 8388608 (16384 blocks of 512 bytes)
 ext:     logical_offset:        physical_offset: length:   expected: flags:
`;

describe('exclusiveBytes', () => {
  it('counts what no other file shares', () => {
    const report = `${HEAD}   0:        0..     799:        192..       991:    800:             shared
   1:      800..     879:      16608..     16687:     80:        992:
   2:      880..   16383:       1072..     16575:  15504:      16688: last,shared,eof
disk: 3 extents found
`;
    expect(exclusiveBytes(report)).toBe(80 * 512);
  });

  it('counts all of a file that shares nothing', () => {
    const report = `${HEAD}   0:        0..      79:      16608..     16687:     80:             last,unwritten,eof
disk: 1 extent found
`;
    expect(exclusiveBytes(report)).toBe(80 * 512);
  });

  it('counts nothing of a file without extents', () => {
    expect(exclusiveBytes(`${HEAD}disk: 0 extents found\n`)).toBe(0);
  });
});
