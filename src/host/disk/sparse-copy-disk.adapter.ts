import { chmod, rm, truncate } from 'node:fs/promises';
import { Injectable } from '@nestjs/common';
import { invariant } from '../../core/errors/index.js';
import { ProcessRunner } from '../../core/process/index.js';
import { HostFacts } from '../facts/host-facts.js';
import { DiskBackend } from './disk-backend.js';
import type { Disk, DiskBackendProbe, DiskKeeping, DiskRequest, KeepRequest } from './disk-backend.js';
import { allocatedBytes, checkSize, inspectBase, placeDisk } from './draft-disk.adapter.js';
import { growDisk } from './grow-disk.adapter.js';
import { keepRaw } from './keep-raw.adapter.js';
import { explainFull, QemuImg } from './qemu-img.js';

/** A copy of some hundred MiB on a disk that is busy with others. */
const TIMEOUT_MS = 10 * 60_000;

/** Whole copies, holes kept: half a second and the image's size for each VM, on any file system and for any VMM. */
@Injectable()
export class SparseCopyDisk extends DiskBackend {
  readonly kind = 'sparse-copy';

  constructor(
    private readonly processes: ProcessRunner,
    private readonly image: QemuImg,
    private readonly facts: HostFacts,
  ) {
    super();
  }

  override async probe(): Promise<DiskBackendProbe> {
    return { available: true };
  }

  override locate(directory: string, name: string): Disk {
    return { path: `${directory}/${name}.raw`, format: 'raw' };
  }

  override async create(request: DiskRequest): Promise<void> {
    invariant(request.baseFormat === 'raw', 'a raw disk is made of a raw one');
    checkSize(request, (await inspectBase(request)).sizeBytes);
    await placeDisk(request, async (draft) => {
      await this.#copy(request.basePath, draft, request.signal);
      // a base that nobody may write has left its mode to the copy
      await chmod(draft, 0o600);
      await truncate(draft, request.sizeBytes);
    });
  }

  override async remove(path: string): Promise<void> {
    await rm(path, { force: true });
  }

  override async grow(path: string, sizeBytes: number): Promise<void> {
    await growDisk(this.image, { path, format: 'raw' }, sizeBytes);
  }

  override keep(request: KeepRequest): Promise<DiskKeeping> {
    return Promise.resolve(keepRaw(request, (from, to) => this.#copy(from, to)));
  }

  override mend(): Promise<void> {
    return Promise.resolve();
  }

  override allocatedBytes(path: string): Promise<number> {
    return allocatedBytes(path);
  }

  async #copy(from: string, to: string, signal?: AbortSignal): Promise<void> {
    const args = ['--sparse=always', '--reflink=never', '--', from, to];
    const request = { file: 'cp', args, timeoutMs: TIMEOUT_MS, ...(signal !== undefined && { signal }) };
    await this.processes.run(request).catch(async (error: unknown) => {
      throw await explainFull(error, to, this.facts);
    });
  }
}
