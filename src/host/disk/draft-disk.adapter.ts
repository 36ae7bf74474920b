import { chmod, chown, link, rm, stat } from 'node:fs/promises';
import { CancelledError, DiskFullError, invariant, isDiskFull } from '../../core/errors/index.js';
import { BaseDiskDamagedError } from '../host.errors.js';
import type { DiskRequest } from './disk-backend.js';
import { tooSmall } from './disk-sizes.js';

const SECTOR = 512;

/** What tells a base from another one under the same path. */
export interface BaseFacts {
  readonly sizeBytes: number;
  readonly identity: string;
}

/** @throws BaseDiskDamagedError */
export async function inspectBase({ basePath, baseFormat }: DiskRequest): Promise<BaseFacts> {
  const found = await stat(basePath).catch((error: unknown) => {
    throw new BaseDiskDamagedError(basePath, 'the file cannot be read', error);
  });
  const { dev, ino, size, mtimeMs } = found;
  return { sizeBytes: size, identity: [basePath, baseFormat, dev, ino, size, mtimeMs].join('|') };
}

/** @throws VmResourcesInvalidError */
export function checkSize({ sizeBytes }: DiskRequest, baseBytes: number): void {
  invariant(sizeBytes % SECTOR === 0, 'the size of a disk is a multiple of its 512-byte sectors');
  if (sizeBytes < baseBytes) throw tooSmall(sizeBytes, baseBytes);
}

/**
 * Makes a disk beside its place and puts it there when it is whole: never in part, and never over one that is there.
 * Not synced: nothing counts on it before the guest's first flush, which takes the whole file to the disk.
 */
export async function placeDisk(request: DiskRequest, make: (draft: string) => Promise<void>): Promise<void> {
  const draft = `${request.path}.new`;
  // what a killed daemon has left
  await rm(draft, { force: true });
  try {
    await make(draft);
    if (request.signal?.aborted === true) throw new CancelledError('making a disk');
    await chmod(draft, 0o600);
    if (request.uid !== undefined) await chown(draft, request.uid, request.uid);
    await link(draft, request.path);
  } catch (error) {
    throw isDiskFull(error) ? new DiskFullError(request.path, error) : error;
  } finally {
    await rm(draft, { force: true });
  }
}

/** What a file takes, `bytes`. */
export async function allocatedBytes(path: string): Promise<number> {
  return (await stat(path)).blocks * SECTOR;
}
