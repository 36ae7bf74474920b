import type { PrismaClient } from './generated/client.js';

/** The daemon's database. Every write through `client` is on the disk when it resolves. */
export class Database {
  #closed: Promise<void> | undefined;

  constructor(
    readonly client: PrismaClient,
    /** migrations that were applied when it was opened */
    readonly migrated: readonly string[],
    private readonly release: () => Promise<void>,
  ) {}

  /** Again is success. */
  close(): Promise<void> {
    this.#closed ??= this.release();
    return this.#closed;
  }
}
