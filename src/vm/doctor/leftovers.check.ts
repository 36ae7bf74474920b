import { Injectable } from '@nestjs/common';
import { BookReader } from '../../core/database/index.js';
import { ManyThingsCheck } from '../../host/index.js';
import type { Problem } from '../../host/index.js';
import { LeftoverFinder } from '../reaper/leftover-finder.js';
import type { Leftover } from '../reaper/leftover.js';
import { VmRecords } from '../records/vm-records.js';

/** What lies on the host under the name of a VM that the books do not know. */
@Injectable()
export class LeftoversCheck extends ManyThingsCheck {
  readonly id = 'leftovers';
  readonly title = 'leftovers';

  constructor(
    private readonly books: BookReader,
    private readonly finder: LeftoverFinder,
    private readonly records: VmRecords,
  ) {
    super();
  }

  protected override async look(): Promise<{ looked: string; problems: Problem[] }> {
    // the host first: what is made meanwhile is in the books before it is there
    const found = await this.finder.everything();
    const books = await this.books.read();
    if (books.state === 'damaged') return { looked: 'not told apart: see the database', problems: [] };
    const rows = books.state === 'readable' ? books.rows : { vms: [], ledger: [] };
    const known = new Set([...rows.vms.map(({ id }) => id), ...rows.ledger.map(({ ownerId }) => ownerId)]);
    const unknown = found.filter(({ vmId }) => !known.has(vmId));
    return { looked: 'none', problems: await Promise.all(unknown.map((one) => this.#problem(one))) };
  }

  async #problem(one: Leftover): Promise<Problem> {
    const what =
      one.kind === 'process'
        ? `process ${one.key} runs a VM (${one.vmId}) that the books do not know`
        : `${one.key} belongs to a VM that the books do not know`;
    const record = await this.records.read(one.vmId);
    if (record !== undefined) {
      const name = record.vm.name;
      const fix = `banger doctor --fix enters the VM ${name} into the books again`;
      return {
        status: 'fail',
        what,
        why: `it was the VM ${name}; it cannot be used now`,
        fix,
        repairable: true,
      };
    }
    const remove = one.kind === 'process' ? `kill ${one.key}` : `rm -r ${one.key}`;
    const fix = `it is not touched by banger; when nobody needs it: ${remove}`;
    return { status: 'warn', what, why: 'it takes space or memory', fix, repairable: false };
  }
}
