import { Injectable } from '@nestjs/common';
import type { PrunableThing } from '../../contract/index.js';
import { KERNEL_FILES } from '../kernel/kernel-unpacker.js';
import { DEFAULT_KERNEL } from '../kernel/kernel-puller.js';
import { KernelRepository } from '../kernel/kernel.repository.js';
import type { KernelRow } from '../kernel/kernel.repository.js';
import { KernelStore } from '../kernel/kernel-store.js';
import { SUPERSEDED_MARK } from '../metadata/image-name.js';
import type { Prunable } from './prunable.js';
import { PrunableThings } from './prunable.js';
import { UnderWay } from './under-way.js';

/** Kernels that no image has. The default one stays, since the next pull wants it. */
@Injectable()
export class UnusedKernels extends PrunableThings {
  override readonly kinds = ['kernel'] as const;

  constructor(
    private readonly kernels: KernelRepository,
    private readonly store: KernelStore,
    private readonly underWay: UnderWay,
  ) {
    super();
  }

  override async list(all: boolean): Promise<Prunable[]> {
    if (await this.underWay.isAny()) return [];
    const rows = (await this.kernels.list()).filter((row) => isUnused(row, all));
    return rows.map(({ id, name }) => {
      const reason = name.includes(SUPERSEDED_MARK)
        ? 'a newer one has its name, and no image has it'
        : 'no image has it';
      const paths = Object.values(KERNEL_FILES).map((file) => `${this.store.directory(id)}/${file}`);
      return { kind: 'kernel', id, name, reason, paths };
    });
  }

  override async remove({ id }: Prunable): Promise<boolean> {
    if (await this.underWay.isAny()) return false;
    return this.store.remove({ id });
  }

  override async exists({ id }: PrunableThing): Promise<boolean> {
    return (await this.kernels.find(id)) !== undefined;
  }
}

function isUnused({ name, images }: KernelRow, all: boolean): boolean {
  if (images.length > 0) return false;
  return name.includes(SUPERSEDED_MARK) || (all && name !== DEFAULT_KERNEL);
}
