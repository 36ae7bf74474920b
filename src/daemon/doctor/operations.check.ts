import { Injectable, Optional } from '@nestjs/common';
import { BookReader } from '../../core/database/index.js';
import { OperationRunner } from '../../core/operations/index.js';
import { ManyThingsCheck } from '../../host/index.js';
import type { Problem } from '../../host/index.js';

/** Operations that run by the books and that nobody is at work on; what the ledger keeps for owners that are no more. */
@Injectable()
export class OperationsCheck extends ManyThingsCheck {
  readonly id = 'operations';
  readonly title = 'operations and ledger';

  constructor(
    private readonly books: BookReader,
    @Optional() private readonly operations?: OperationRunner,
  ) {
    super();
  }

  protected override async look(): Promise<{ looked: string; problems: Problem[] }> {
    const books = await this.books.read();
    if (books.state !== 'readable') return { looked: 'none are known', problems: [] };
    const { operations, ledger, vms } = books.rows;
    // another process that holds the books may well be at work on them
    if (this.operations === undefined && this.books.isHeld())
      return { looked: 'the daemon is at work', problems: [] };
    const states = await Promise.all(operations.map(({ id }) => this.#isStuck(id)));
    const stuck = operations.filter((_, at) => states[at]);
    const known = new Set(vms.map(({ id }) => id));
    const orphans = ledger.filter(({ ownerType, ownerId }) => ownerType === 'vm' && !known.has(ownerId));
    const problems = [
      ...stuck.map(({ id, kind, subjectName }) => ({
        what: `the operation ${id} (${kind} of ${subjectName}) runs by the books, and nobody is at work on it`,
        why: 'what it was doing is half done',
      })),
      ...orphans.map(({ kind, key, ownerId }) => ({
        what: `the ledger keeps the ${kind} ${key} for ${ownerId}, which is no more`,
        why: 'it can be given to nobody else',
      })),
    ];
    const fix = 'banger doctor --fix; the daemon does the same when it starts';
    return {
      looked: `${operations.length} at work; ${ledger.length} resources in the ledger, each with its owner`,
      problems: problems.map((problem) => ({ ...problem, status: 'fail', fix, repairable: true })),
    };
  }

  /** One that has ended since the rows were read is none. */
  async #isStuck(id: string): Promise<boolean> {
    if (this.operations === undefined) return true;
    if (this.operations.isUnderWay(id)) return false;
    return (await this.operations.get(id)).state === 'running';
  }
}
