import { stat } from 'node:fs/promises';
import { invariant } from '../../core/errors/index.js';
import type { Disk } from './disk-backend.js';
import { shrinking } from './disk-sizes.js';
import type { QemuImg } from './qemu-img.js';

/** Of a file in one of QEMU's formats: new tables are written first and the size last, so it is old or new, never broken. */
export async function growDisk(image: QemuImg, { path, format }: Disk, sizeBytes: number): Promise<void> {
  invariant(sizeBytes % 512 === 0, 'the size of a disk is a multiple of its 512-byte sectors');
  const { uid, gid } = await stat(path);
  const currentBytes = await image.virtualSize(path, format, { uid, gid });
  if (sizeBytes < currentBytes) throw shrinking(sizeBytes, currentBytes);
  if (sizeBytes > currentBytes) await image.resize(path, format, sizeBytes, { uid, gid });
}
