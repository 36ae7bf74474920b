import { Injectable } from '@nestjs/common';
import type { OperationView } from '../contract/index.js';
import { OperationRunner } from '../core/operations/index.js';
import type { OperationContext } from '../core/operations/index.js';
import { BooksRepair } from './books-repair.js';
import { Reconciler } from './reconciler.js';
import { did } from './repair-step.js';
import { RuntimeRepair } from './runtime-repair.js';
import { VmRepair } from '../vm/index.js';

/** `banger doctor --fix`: makes books, files and processes agree again, from whatever state. Repeatable. */
@Injectable()
export class RepairService {
  #current: string | undefined;

  constructor(
    private readonly operations: OperationRunner,
    private readonly reconciler: Reconciler,
    private readonly runtime: RuntimeRepair,
    private readonly books: BooksRepair,
    private readonly vms: VmRepair,
  ) {}

  /** One at a time: while one is under way it is what one gets. */
  async begin(): Promise<OperationView> {
    if (this.#current !== undefined && this.operations.isUnderWay(this.#current))
      return this.operations.get(this.#current);
    const { view, finished } = await this.operations.begin({
      kind: 'host.repair',
      subject: { type: 'host', id: 'host', name: 'this host' },
      body: (operation) => this.#run(operation),
    });
    finished.catch(() => undefined);
    this.#current = view.id;
    return view;
  }

  async #run(operation: OperationContext): Promise<void> {
    for (const { what, done } of this.reconciler.takeNotes())
      await did(operation, 'daemon.start', what, done);
    await this.runtime.run(operation);
    for (const { id, kind, subject } of await this.operations.markInterrupted())
      await did(
        operation,
        'operation.end',
        `${kind} of ${subject.name} (${id}): nobody was at work on it`,
        'ended',
      );
    await this.books.run(operation);
    await this.vms.run(operation);
  }
}
