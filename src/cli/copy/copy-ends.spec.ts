import { describe, expect, it } from 'vitest';
import { parseCopy } from './copy-ends.js';

describe('the two sides of a copy', () => {
  it.each([
    [['a', 'web:/x'], { direction: 'in', vm: 'web', sources: ['a'], target: '/x' }],
    [['web:', '.'], { direction: 'out', vm: 'web', sources: [''], target: '.' }],
    [['web:a:b', '-'], { direction: 'out', vm: 'web', sources: ['a:b'], target: '-' }],
    [['./a:b', '/c:d', 'vm_1:e'], { direction: 'in', vm: 'vm_1', sources: ['./a:b', '/c:d'], target: 'e' }],
    [[':x', 'web:y'], { direction: 'in', vm: 'web', sources: [':x'], target: 'y' }],
    [['web:\udcff', '.'], { direction: 'out', vm: 'web', sources: ['\udcff'], target: '.' }],
    [['-', 'web:y'], { direction: 'in', vm: 'web', sources: ['-'], target: 'y' }],
  ])('%j', (words, request) => {
    expect(parseCopy(words)).toEqual(request);
  });

  it.each([
    [[], /needs a source and a target/],
    [['web:x'], /needs a source and a target/],
    [['a', 'b'], /neither side is in a VM/],
    [['web:a', 'api:b'], /both sides are in VMs/],
    [['web:a', 'api:b', '.'], /not all in one place/],
    [['web:a', 'b', '.'], /not all in one place/],
    [['', 'web:b'], /empty word/],
    [['-', 'a', 'web:b'], /"-" is stdin, and goes alone/],
    [['web:a', 'web:b', '-'], /stdout takes one file/],
    [['a\udcff', 'web:b'], /no UTF-8: a\ufffd/],
    [['web:a', 'b/\udcff'], /no UTF-8/],
  ])('refuses %j', (words, why) => {
    expect(() => parseCopy(words)).toThrow(why);
  });
});
