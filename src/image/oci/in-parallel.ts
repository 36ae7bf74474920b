/**
 * Does the work for each item, at most so many at a time. The first failure aborts the rest; the promise settles when all
 * of it has ended, with that failure.
 */
export async function inParallel<T>(
  items: readonly T[],
  limits: { readonly atOnce: number; readonly signal: AbortSignal },
  work: (item: T, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const stop = new AbortController();
  const signal = AbortSignal.any([limits.signal, stop.signal]);
  const waiting = [...items];
  const failures: unknown[] = [];
  const worker = async (): Promise<void> => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) {
      try {
        await work(item, signal);
      } catch (error) {
        failures.push(error);
        waiting.length = 0;
        stop.abort();
      }
    }
  };
  await Promise.all(Array.from({ length: limits.atOnce }, worker));
  if (failures.length > 0) throw failures[0];
}
