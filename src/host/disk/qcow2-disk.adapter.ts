import { readFile, rm, writeFile } from 'node:fs/promises';
import { Injectable } from '@nestjs/common';
import { DiskBackend } from './disk-backend.js';
import type { Disk, DiskBackendProbe, DiskRequest } from './disk-backend.js';
import { allocatedBytes, checkSize, inspectBase, placeDisk } from './draft-disk.adapter.js';
import type { BaseFacts } from './draft-disk.adapter.js';
import { growDisk } from './grow-disk.adapter.js';
import { QemuImg } from './qemu-img.js';

/**
 * Subclusters of 4 KiB, the guest's own block: a small write then copies nothing from the base. Measured against the
 * default of 64 KiB clusters: 4,000 scattered writes in 55 ms instead of 190 ms, and 18 MiB on the disk instead of 281.
 * No lazy refcounts: they gained nothing here, and each killed VMM would leave a disk to repair.
 */
const LAYOUT = 'cluster_size=128k,extended_l2=on';

/** Empty overlays kept in memory, about 400 KiB each. */
const MAX_TEMPLATES = 8;

/** Copy-on-write files that QEMU reads; needs no privilege and any file system. */
@Injectable()
export class Qcow2Disk extends DiskBackend {
  readonly kind = 'qcow2';
  /** an empty overlay depends on its base and size alone: qemu-img takes 20 to 300 ms, a copy takes one */
  readonly #templates = new Map<string, Buffer>();
  #probe: DiskBackendProbe | undefined;

  constructor(private readonly image: QemuImg) {
    super();
  }

  override async probe(): Promise<DiskBackendProbe> {
    if (this.#probe !== undefined) return this.#probe;
    try {
      const version = await this.image.version();
      // not while it is missing: it may be installed while the daemon runs
      this.#probe = { available: true, ...(version !== undefined && { version }) };
      return this.#probe;
    } catch (error) {
      return { available: false, reason: error instanceof Error ? error.message : String(error) };
    }
  }

  override locate(directory: string, name: string): Disk {
    return { path: `${directory}/${name}.qcow2`, format: 'qcow2' };
  }

  override async create(request: DiskRequest): Promise<void> {
    const base = await this.#inspectBase(request);
    checkSize(request, base.sizeBytes);
    const key = `${base.identity}|${request.sizeBytes}`;
    await placeDisk(request, async (draft) => {
      const template = this.#templates.get(key) ?? (await this.#makeTemplate(request, draft));
      this.#remember(key, template);
      await writeFile(draft, template, { mode: 0o600, flag: 'wx' });
    });
  }

  override async grow(path: string, sizeBytes: number): Promise<void> {
    await growDisk(this.image, { path, format: 'qcow2' }, sizeBytes);
  }

  override allocatedBytes(path: string): Promise<number> {
    return allocatedBytes(path);
  }

  /** Identity: a base that was replaced under the same path is another one. */
  async #inspectBase(request: DiskRequest): Promise<BaseFacts> {
    const base = await inspectBase(request);
    if (request.baseFormat === 'raw') return base;
    return { ...base, sizeBytes: await this.image.virtualSize(request.basePath, request.baseFormat) };
  }

  async #makeTemplate(request: DiskRequest, draft: string): Promise<Buffer> {
    const { basePath, baseFormat, sizeBytes } = request;
    const options = ['-f', 'qcow2', '-o', LAYOUT, '-b', basePath, '-F', baseFormat];
    try {
      await this.image.create(draft, [...options, draft, String(sizeBytes)]);
      return await readFile(draft);
    } finally {
      await rm(draft, { force: true });
    }
  }

  #remember(key: string, template: Buffer): void {
    this.#templates.delete(key);
    this.#templates.set(key, template);
    const oldest = this.#templates.keys().next();
    if (this.#templates.size > MAX_TEMPLATES && oldest.done !== true) this.#templates.delete(oldest.value);
  }
}
