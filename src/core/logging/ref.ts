import { AsyncLocalStorage } from 'node:async_hooks';

const storage = new AsyncLocalStorage<string>();

/** Correlation id of the request that this code works for, if any. */
export function currentRef(): string | undefined {
  return storage.getStore();
}

/** Runs `body`, and all that it starts, under a correlation id: every log line of it carries the id. */
export function runWithRef<T>(ref: string, body: () => T): T {
  return storage.run(ref, body);
}
