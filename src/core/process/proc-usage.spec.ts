import { describe, expect, it } from 'vitest';
import { parseProcUsage, parsePss } from './proc-usage.js';

/** utime 150, stime 50, start time 987654, rss 200 */
const rest = 'S 10 4242 4242 0 -1 4194304 1 0 0 0 150 50 7 7 20 0 1 0 987654 1000 200 18446744073709551615';

describe('parseProcUsage', () => {
  it('reads CPU time and resident memory, whatever the process calls itself', () => {
    for (const name of ['qemu', 'a) R 1 1', 'x) Z 0 0'])
      expect(parseProcUsage(`7 (${name}) ${rest}`, 987654)).toEqual({
        state: 'S',
        cpuSeconds: 2,
        residentBytes: 819_200,
      });
  });

  it('has nothing to say of another process with the same pid, a zombie or nonsense', () => {
    expect(parseProcUsage(`7 (qemu) ${rest}`, 987655)).toBeUndefined();
    expect(parseProcUsage(`7 (qemu) ${rest.replace('S', 'Z')}`, 987654)).toBeUndefined();
    expect(parseProcUsage(`7 (qemu) ${rest.replace('150', 'x')}`, 987654)).toBeUndefined();
    expect(parseProcUsage('', 987654)).toBeUndefined();
  });
});

describe('parsePss', () => {
  it('takes the line of the sum, not its parts', () => {
    const rollup = 'Rss:  900 kB\nPss:            640 kB\nPss_Dirty:      320 kB\n';
    expect([parsePss(rollup), parsePss('')]).toEqual([655_360, undefined]);
  });
});
