import { expect, it } from 'vitest';
import { rootfsFormat, whyNoRootfs } from './rootfs-format.js';

const at = (offset: number, hex: string): Buffer => {
  const head = Buffer.alloc(4096);
  Buffer.from(hex, 'hex').copy(head, offset);
  return head;
};

it.each([
  ['ext4', at(1080, '53ef')],
  ['qcow2', at(0, '514649fb')],
  ['squashfs', at(0, '68737173')],
  ['tar', at(257, '7573746172')],
  ['tar', at(0, '1f8b08')],
  ['tar', at(0, '28b52ffd')],
  ['tar', at(0, 'fd377a585a00')],
  [undefined, Buffer.alloc(0)],
  [undefined, Buffer.alloc(4096)],
  [undefined, at(0, '7f454c46')],
] as const)('tells %s by its first bytes', (format, head) => {
  expect(rootfsFormat(head)).toBe(format);
});

it('says of a disk with partitions that it is one', () => {
  expect(whyNoRootfs(at(510, '55aa'))).toContain('partitions');
  expect(whyNoRootfs(Buffer.alloc(10))).toContain('neither');
});
