import { expect, it } from 'vitest';
import { moduleListProblem } from './module-list.js';

it('takes the list of a kernel as it is', () => {
  expect(moduleListProblem('')).toBeUndefined();
  expect(
    moduleListProblem(
      'kernel/fs/ext4/ext4.ko.xz: kernel/fs/mbcache.ko.xz kernel/lib/crc16.ko\nextra/a+b.ko:\n',
    ),
  ).toBeUndefined();
});

it.each([
  '/etc/shadow:',
  '../../../etc/shadow:',
  'kernel/../../../x.ko:',
  'kernel/a.ko: ../b.ko',
  'kernel/a.ko: /etc/shadow',
  'kernel/a\u0000.ko:',
  'kernel//a.ko:',
])('refuses %j, which leads out of its directory', (line) => {
  expect(moduleListProblem(`kernel/ok.ko:\n${line}\n`)).toContain('outside');
});

it('refuses more modules than any kernel has', () => {
  expect(moduleListProblem('a.ko:\n'.repeat(20_001))).toContain('more than');
});
