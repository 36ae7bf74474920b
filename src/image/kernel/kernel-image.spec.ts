import { describe, expect, it } from 'vitest';
import { checkVmlinux, kernelPayload } from './kernel-image.js';

function bzImage(payload: Buffer, appended = Buffer.from([1, 2, 3, 4])): Buffer {
  const setupSectors = 3;
  const offset = 0x40;
  const start = (setupSectors + 1) * 512 + offset;
  const image = Buffer.alloc(start + payload.length + appended.length + 100, 0xee);
  image.writeUInt8(setupSectors, 0x1f1);
  image.write('HdrS', 0x202, 'latin1');
  image.writeUInt32LE(offset, 0x248);
  image.writeUInt32LE(payload.length + appended.length, 0x24c);
  payload.copy(image, start);
  appended.copy(image, start + payload.length);
  return image;
}

describe('kernelPayload', () => {
  it.each([
    ['lz4', '02214c18'],
    ['zstd', '28b52ffd'],
    ['xz', 'fd377a58'],
  ])('finds a payload packed with %s, without the size that the kernel appends', (program, magic) => {
    const payload = Buffer.from(`${magic}00112233445566`, 'hex');
    expect(kernelPayload(bzImage(payload))).toEqual({ data: payload, program });
  });

  it('leaves gzip whole: its own trailer is the size', () => {
    const payload = Buffer.from('1f8b0800aabbccdd', 'hex');
    expect(kernelPayload(bzImage(payload, Buffer.alloc(0)))).toEqual({ data: payload, program: 'gzip' });
  });

  it.each([
    ['no kernel', Buffer.alloc(4096)],
    ['an empty file', Buffer.alloc(0)],
    ['a truncated kernel', bzImage(Buffer.from('02214c18', 'hex')).subarray(0, 2100)],
    ['an unknown compression', bzImage(Buffer.from('deadbeef0011', 'hex'))],
  ])('refuses %s', (_, image) => {
    expect(() => kernelPayload(image)).toThrow(expect.objectContaining({ kind: 'KERNEL_INVALID' }));
  });
});

it('knows a vmlinux when it sees one', () => {
  expect(() => checkVmlinux(Buffer.from('7f454c460201', 'hex'))).not.toThrow();
  expect(() => checkVmlinux(Buffer.from('4d5a', 'hex'))).toThrow(
    expect.objectContaining({ kind: 'KERNEL_INVALID' }),
  );
});
