import { Injectable } from '@nestjs/common';
import type { OperationContext } from '../core/operations/index.js';
import { ImageRegistration } from '../image/index.js';
import { OrphanedOwners, VmRegistration } from '../vm/index.js';

/** Enters what the books have lost, and then releases what they keep for nobody: what is lost is no orphan. */
@Injectable()
export class BooksRepair {
  constructor(
    private readonly images: ImageRegistration,
    private readonly vms: VmRegistration,
    private readonly orphans: OrphanedOwners,
  ) {}

  async run(operation: OperationContext): Promise<void> {
    await this.images.run(operation);
    await this.vms.run(operation);
    await this.orphans.release(operation);
  }
}
