import type { PrismaClient } from './generated/client.js';

interface DatabaseActions {
  readonly version: () => string;
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

  /**
   * Remembers what a read gave for as long as nothing in the database changes: what looks again and again costs next to
   * nothing while nothing happens.
   */
  remembered<T>(read: () => Promise<T>): () => Promise<T> {
    let known: { readonly version: string; readonly value: T } | undefined;
    return async () => {
      // before the read: what changes meanwhile is read again the next time
      const version = this.actions.version();
      if (known?.version !== version) known = { version, value: await read() };
      return known.value;
    };
  }

  /** Again is success. */
  close(): Promise<void> {
    this.#closed ??= this.actions.close();
    return this.#closed;
  }
}
