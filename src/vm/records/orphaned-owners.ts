import { Injectable } from '@nestjs/common';
import { toBangerError } from '../../core/errors/index.js';
import { Ledger } from '../../core/operations/index.js';
import type { OperationContext } from '../../core/operations/index.js';
import { VmRepository } from '../vm.repository.js';
import { VmRecords } from './vm-records.js';

/** What the ledger keeps for VMs that are no more. */
@Injectable()
export class OrphanedOwners {
  constructor(
    private readonly ledger: Ledger,
    private readonly vms: VmRepository,
    private readonly records: VmRecords,
  ) {}

  /** Each owner whose things are released is a step of the operation. */
  async release(operation: OperationContext): Promise<void> {
    for (const id of await this.find()) {
      try {
        await operation.step(
          'ledger.release',
          `the ledger keeps things of ${id}, which is no more`,
          async (step) => {
            await this.ledger.releaseOwner({ type: 'vm', id });
            step.detail('released');
          },
        );
      } catch (error) {
        operation.signal.throwIfAborted();
        operation.warn(`what belonged to ${id} could not be released: ${toBangerError(error).message}`);
      }
    }
  }

  /** One that has a record is a VM that the books have lost: to release its directory would be to delete its disk. */
  async find(): Promise<string[]> {
    const entries = (await this.ledger.list()).filter(({ owner }) => owner.type === 'vm');
    const known = new Set((await this.vms.list()).map(({ id }) => id));
    const orphans = [...new Set(entries.map(({ owner }) => owner.id))].filter((id) => !known.has(id));
    const records = await Promise.all(orphans.map((id) => this.records.read(id)));
    return orphans.filter((_, at) => records[at] === undefined);
  }
}
