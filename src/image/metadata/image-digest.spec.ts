import { describe, expect, it } from 'vitest';
import { imageDigest } from './image-digest.js';

const IMAGE = {
  kernelVersion: '6.1.0',
  bootArguments: ['quiet', 'panic=-1'],
  diskBytes: 8192,
  files: [
    { name: 'vmlinux', sizeBytes: 5, digest: 'aa' },
    { name: 'root.ext4', sizeBytes: 8192, digest: 'bb' },
  ],
};

describe('the digest of an image', () => {
  it('stays what it is: others have written it down', () => {
    expect(imageDigest(IMAGE)).toBe(
      'sha256:7e15d74f1c5bd3df164cb221e783769a85350922777f7a4e8865cb774aab691e',
    );
  });

  it('does not follow the order of the files, nor anything else that an image has', () => {
    const other = { name: 'other', ...IMAGE, files: IMAGE.files.toReversed() };
    expect(imageDigest(other)).toBe(imageDigest(IMAGE));
  });

  it.each([
    ['kernel version', { kernelVersion: '6.1.1' }],
    ['boot arguments', { bootArguments: ['quiet'] }],
    ['order of the boot arguments', { bootArguments: ['panic=-1', 'quiet'] }],
    ['division of the boot arguments', { bootArguments: ['quiet","panic=-1'] }],
    ['size of the disk', { diskBytes: 8193 }],
    ['names of its files', { files: [{ ...IMAGE.files[0], name: 'initrd' }, IMAGE.files[1]] }],
    ['sizes of its files', { files: [{ ...IMAGE.files[0], sizeBytes: 6 }, IMAGE.files[1]] }],
    ['content of its files', { files: [{ ...IMAGE.files[0], digest: 'ab' }, IMAGE.files[1]] }],
    ['number of its files', { files: IMAGE.files.slice(1) }],
  ])('is another with another %s', (_, change) => {
    expect(imageDigest({ ...IMAGE, ...change } as typeof IMAGE)).not.toBe(imageDigest(IMAGE));
  });
});
