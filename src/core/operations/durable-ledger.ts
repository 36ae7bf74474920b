import { Inject, Injectable } from '@nestjs/common';
import type { Logger } from 'pino';
import { Database, isUniqueViolation } from '../database/index.js';
import type { Prisma } from '../database/index.js';
import { InternalError, invariant } from '../errors/index.js';
import { newId } from '../ids.js';
import { LOGGER } from '../logging/index.js';
import { Ledger } from './ledger.js';
import type { LedgerEntry, ResourceKind, ResourceOwner, ResourceUndo } from './ledger.js';
import { ResourceTakenError } from './operation-errors.js';

type Row = Prisma.LedgerEntryGetPayload<object>;

/** The ledger in the database. Who changes an owner's resources holds the owner's lock; the ledger has none. */
@Injectable()
export class DurableLedger extends Ledger {
  readonly #undos = new Map<ResourceKind, ResourceUndo>();
  /** `ms` since the epoch, of the youngest entry; read from the database before the first is written */
  #lastCreated: number | undefined;

  constructor(
    private readonly database: Database,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    super();
  }

  override registerUndo(kind: ResourceKind, undo: ResourceUndo): void {
    invariant(!this.#undos.has(kind), `one undo for the resource kind ${kind}`);
    this.#undos.set(kind, undo);
  }

  override async make<T>(
    request: { kind: ResourceKind; key: string; owner: ResourceOwner; data?: Record<string, unknown> },
    make: (entry: LedgerEntry) => Promise<T>,
  ): Promise<T> {
    const undo = this.#undoOf(request.kind);
    const entry = await this.#write(request);
    try {
      return await make(entry);
    } catch (error) {
      await this.#strikeOff(entry, undo).catch((undoError: unknown) => {
        const { kind, key, owner } = entry;
        this.logger.error(
          { kind, key, owner, err: undoError },
          'a resource that failed to be made could not be undone',
        );
      });
      throw error;
    }
  }

  override async update(kind: ResourceKind, key: string, data: Record<string, unknown>): Promise<void> {
    await this.database.client.$transaction(async (transaction) => {
      const where = { kind_key: { kind, key } };
      const row = await transaction.ledgerEntry.findUnique({ where });
      invariant(row !== null, `${kind} ${key} is in the ledger`);
      const merged = { ...toEntry(row).data, ...data };
      await transaction.ledgerEntry.update({ where, data: { data: merged as Prisma.InputJsonObject } });
    });
  }

  override async find(kind: ResourceKind, key: string): Promise<LedgerEntry | undefined> {
    const row = await this.database.client.ledgerEntry.findUnique({ where: { kind_key: { kind, key } } });
    return row === null ? undefined : toEntry(row);
  }

  /** Oldest first. */
  override async list(filter: { owner?: ResourceOwner; kind?: ResourceKind } = {}): Promise<LedgerEntry[]> {
    const { owner, kind } = filter;
    const rows = await this.database.client.ledgerEntry.findMany({
      where: {
        ...(owner !== undefined && { ownerType: owner.type, ownerId: owner.id }),
        ...(kind !== undefined && { kind }),
      },
      orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
    });
    return rows.map(toEntry);
  }

  override async release(kind: ResourceKind, key: string): Promise<void> {
    const entry = await this.find(kind, key);
    if (entry !== undefined) await this.#strikeOff(entry, this.#undoOf(kind));
  }

  override async releaseOwner(owner: ResourceOwner, kinds?: readonly ResourceKind[]): Promise<void> {
    const entries = await this.list({ owner });
    const failures: unknown[] = [];
    for (const entry of entries.toReversed()) {
      if (kinds !== undefined && !kinds.includes(entry.kind)) continue;
      try {
        await this.#strikeOff(entry, this.#undoOf(entry.kind));
      } catch (error) {
        this.logger.error(
          { kind: entry.kind, key: entry.key, owner, err: error },
          'a resource could not be released',
        );
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }

  async #write(request: {
    kind: ResourceKind;
    key: string;
    owner: ResourceOwner;
    data?: Record<string, unknown>;
  }): Promise<LedgerEntry> {
    const { kind, key, owner, data = {} } = request;
    const row = {
      id: newId('res'),
      kind,
      key,
      ownerType: owner.type,
      ownerId: owner.id,
      data: data as Prisma.InputJsonObject,
      createdAt: await this.#now(),
    };
    try {
      return toEntry(await this.database.client.ledgerEntry.create({ data: row }));
    } catch (error) {
      if (!isUniqueViolation(error)) throw error;
      const holder = await this.find(kind, key);
      const whose = holder === undefined ? 'another' : `${holder.owner.type} ${holder.owner.id}`;
      throw new ResourceTakenError(kind, key, whose, error);
    }
  }

  /**
   * Strictly rising, also when the clock was set back, under this daemon or before it: what was made last is undone
   * first, and two entries may be made within one millisecond.
   */
  async #now(): Promise<Date> {
    const youngest = this.#lastCreated ?? (await this.#youngest());
    this.#lastCreated = Math.max(Date.now(), (this.#lastCreated ?? youngest) + 1);
    return new Date(this.#lastCreated);
  }

  async #youngest(): Promise<number> {
    const { _max } = await this.database.client.ledgerEntry.aggregate({ _max: { createdAt: true } });
    return _max.createdAt?.getTime() ?? 0;
  }

  async #strikeOff(entry: LedgerEntry, undo: ResourceUndo): Promise<void> {
    // Facts learned since it was made, such as a pid, are what the undo needs.
    const current = await this.find(entry.kind, entry.key);
    if (current?.id !== entry.id) return;
    await undo(current);
    await this.database.client.ledgerEntry.deleteMany({ where: { id: entry.id } });
  }

  #undoOf(kind: ResourceKind): ResourceUndo {
    const undo = this.#undos.get(kind);
    if (undo === undefined) throw new InternalError(`no undo is registered for the resource kind ${kind}`);
    return undo;
  }
}

/** Kind, owner and data were written by this class alone. */
function toEntry(row: Row): LedgerEntry {
  return {
    id: row.id,
    kind: row.kind as ResourceKind,
    key: row.key,
    owner: { type: row.ownerType as ResourceOwner['type'], id: row.ownerId },
    data: row.data as Record<string, unknown>,
    createdAt: row.createdAt,
  };
}
