import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { OperationEvent, OperationView } from '../../../src/contract/index.js';
import { openDatabase } from '../../../src/core/database/index.js';
import type { Database } from '../../../src/core/database/index.js';
import { createLogger } from '../../../src/core/logging/index.js';
import { DurableLedger } from '../../../src/core/operations/durable-ledger.js';
import { DurableOperationRunner } from '../../../src/core/operations/durable-operation-runner.js';
import { OperationStore } from '../../../src/core/operations/operation-store.js';

export const web = { type: 'vm', id: 'vm_web', name: 'web' } as const;

export interface Fixture {
  readonly database: Database;
  readonly store: OperationStore;
  readonly runner: DurableOperationRunner;
  readonly ledger: DurableLedger;
  /** parsed lines of the log */
  readonly log: Record<string, unknown>[];
}

/** A directory of its own for the test, gone after it. */
export function scratchDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'banger-operations-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** Runner and ledger on a real database, closed after the test. */
export async function fixture(file: string = join(scratchDirectory(), 'banger.db')): Promise<Fixture> {
  const database = await openDatabase({ file });
  const log: Record<string, unknown>[] = [];
  const write = (line: string): void => void log.push(JSON.parse(line) as Record<string, unknown>);
  const logger = createLogger({ level: 'debug', destination: { write } });
  const store = new OperationStore(database);
  const runner = new DurableOperationRunner(store, logger);
  onTestFinished(async () => {
    await runner.close();
    await database.close();
  });
  return { database, store, runner, ledger: new DurableLedger(database, logger), log };
}

/** Everything that a watcher gets. */
export async function watchAll(
  watching: AsyncGenerator<OperationEvent, OperationView>,
): Promise<{ events: OperationEvent[]; view: OperationView }> {
  const events: OperationEvent[] = [];
  for (;;) {
    const { done, value } = await watching.next();
    if (done === true) return { events, view: value };
    events.push(value);
  }
}
