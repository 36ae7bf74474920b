import { InternalError } from '../../../src/core/errors/index.js';
import { Ledger } from '../../../src/core/operations/index.js';
import type {
  LedgerEntry,
  ResourceKind,
  ResourceOwner,
  ResourceUndo,
} from '../../../src/core/operations/index.js';

type Request = Parameters<Ledger['make']>[0];

/** Ledger for unit tests, in memory; each call takes a turn of the event loop, as a database does. */
export class MemoryLedger extends Ledger {
  readonly entries: LedgerEntry[] = [];
  readonly undos = new Map<ResourceKind, ResourceUndo>();

  override registerUndo(kind: ResourceKind, undo: ResourceUndo): void {
    if (this.undos.has(kind)) throw new InternalError(`a second undo for ${kind}`);
    this.undos.set(kind, undo);
  }

  override async make<T>(request: Request, make: (entry: LedgerEntry) => Promise<T>): Promise<T> {
    await nextTurn();
    const { kind, key, owner, data = {} } = request;
    if (this.#at(kind, key) !== undefined) throw new InternalError(`a second row for ${kind} ${key}`);
    const entry = { id: `${kind}-${key}`, kind, key, owner, data, createdAt: new Date(0) };
    this.entries.push(entry);
    return make(entry);
  }

  override async find(kind: ResourceKind, key: string): Promise<LedgerEntry | undefined> {
    await nextTurn();
    return this.#at(kind, key);
  }

  override async list(filter: { owner?: ResourceOwner; kind?: ResourceKind } = {}): Promise<LedgerEntry[]> {
    await nextTurn();
    return this.entries.filter(
      ({ kind, owner }) =>
        (filter.kind === undefined || kind === filter.kind) &&
        (filter.owner === undefined || owner.id === filter.owner.id),
    );
  }

  override async release(kind: ResourceKind, key: string): Promise<void> {
    await nextTurn();
    const entry = this.#at(kind, key);
    if (entry === undefined) return;
    await this.undos.get(kind)?.(entry);
    this.entries.splice(this.entries.indexOf(entry), 1);
  }

  override update(): Promise<void> {
    return Promise.reject(new InternalError('update was not planned'));
  }

  override releaseOwner(): Promise<void> {
    return Promise.reject(new InternalError('releaseOwner was not planned'));
  }

  #at(kind: ResourceKind, key: string): LedgerEntry | undefined {
    return this.entries.find((entry) => entry.kind === kind && entry.key === key);
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
