import { open, rm, stat } from 'node:fs/promises';
import { Injectable } from '@nestjs/common';
import { ProcessRunner } from '../../core/process/index.js';
import { HostFacts } from '../facts/host-facts.js';
import type { Disk } from './disk-backend.js';
import { qcow2Size } from './disk-head.adapter.js';
import { explainFull, QemuImg } from './qemu-img.js';
import type { DiskOwner } from './qemu-img.js';

/** a disk full of data, on a slow disk */
const TIMEOUT_MS = 60 * 60_000;

/** Copies of disks that stand on nothing. */
@Injectable()
export class DiskFlattener {
  constructor(
    private readonly processes: ProcessRunner,
    private readonly image: QemuImg,
    private readonly facts: HostFacts,
  ) {}

  /**
   * Copies what a guest sees of a disk that no VMM has open to a raw file of mode 0600 that its owner has as well, holes
   * where it has nothing. Read as the owner: what a VMM has written could name any file of the host as its base.
   * @returns who the owner is @throws DiskFullError, BaseDiskDamagedError; ProcessFailedError when a VMM has it open
   */
  async flatten(disk: Disk, path: string, signal: AbortSignal): Promise<DiskOwner> {
    const { uid, gid, size } = await stat(disk.path);
    const owner = { uid, gid };
    await makeEmpty(path, disk.format === 'qcow2' ? await qcow2Size(disk.path) : size, owner);
    try {
      if (disk.format === 'qcow2') await this.image.flatten(disk, path, owner, signal);
      else await this.#copy(disk.path, path, owner, signal);
    } catch (error) {
      await rm(path, { force: true });
      throw error;
    }
    return owner;
  }

  /** What a copy takes at most; `bytes` */
  async measure(disk: Disk): Promise<number> {
    const { uid, gid } = await stat(disk.path);
    return this.image.dataBytes(disk, { uid, gid });
  }

  async #copy(from: string, to: string, owner: DiskOwner, signal: AbortSignal): Promise<void> {
    const args = ['--reflink=auto', '--sparse=auto', '--', from, to];
    await this.processes
      .run({ file: 'cp', args, timeoutMs: TIMEOUT_MS, signal, ...owner })
      .catch(async (error: unknown) => {
        throw await explainFull(error, to, this.facts);
      });
  }
}

async function makeEmpty(path: string, sizeBytes: number, { uid, gid }: DiskOwner): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.truncate(sizeBytes);
    await file.chown(uid, gid);
  } finally {
    await file.close();
  }
}
