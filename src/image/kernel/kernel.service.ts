import { Injectable } from '@nestjs/common';
import type { KernelSourceView, KernelView } from '../../contract/index.js';
import { KernelInUseError, KernelNotFoundError } from './kernel.errors.js';
import { KernelStore } from './kernel-store.js';
import { KernelRepository } from './kernel.repository.js';
import type { KernelRow } from './kernel.repository.js';

@Injectable()
export class KernelService {
  constructor(
    private readonly kernels: KernelRepository,
    private readonly store: KernelStore,
  ) {}

  async list(): Promise<KernelView[]> {
    return (await this.kernels.list()).map(viewOf);
  }

  /** @throws KernelNotFoundError */
  async get(nameOrId: string): Promise<KernelView> {
    return viewOf(await this.require(nameOrId));
  }

  /** @throws KernelNotFoundError */
  async require(nameOrId: string): Promise<KernelRow> {
    const row = await this.kernels.find(nameOrId);
    if (row !== undefined) return row;
    throw new KernelNotFoundError(
      nameOrId,
      (await this.kernels.list()).map(({ name }) => name),
    );
  }

  /** @throws KernelNotFoundError, KernelInUseError */
  async delete(nameOrId: string): Promise<KernelView> {
    const row = await this.require(nameOrId);
    if (await this.store.remove(row)) return viewOf(row);
    throw new KernelInUseError(
      row.name,
      (await this.require(row.id)).images.map(({ name }) => name),
    );
  }
}

function viewOf(row: KernelRow): KernelView {
  return {
    id: row.id,
    name: row.name,
    version: row.version,
    digest: row.digest,
    source: row.source as unknown as KernelSourceView,
    allocatedBytes: Number(row.allocatedBytes),
    createdAt: row.createdAt.toISOString(),
    usedBy: row.images.map(({ name }) => name),
  };
}
