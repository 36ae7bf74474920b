import type { PrismaClient } from './generated/client.js';

interface DatabaseActions {
  readonly keepSpace: () => Promise<void>;
  readonly close: () => Promise<void>;
}

/** The daemon's database. Every write through `client` is on the disk when it resolves. */
export class Database {
  #closed: Promise<void> | undefined;

  constructor(
    readonly client: PrismaClient,
    /** migrations that were applied when it was opened */
    readonly migrated: readonly string[],
    private readonly actions: DatabaseActions,
  ) {}

  /** Keeps room in the database for what must be written although the disk is full. */
  keepSpace(): Promise<void> {
    return this.actions.keepSpace();
  }

  /** Again is success. */
  close(): Promise<void> {
    this.#closed ??= this.actions.close();
    return this.#closed;
  }
}
