import { TimeoutError, toBangerError } from '../../core/errors/index.js';
import type { BangerError } from '../../core/errors/index.js';

/** What came of a question, and after how many `ms`. */
export type TimedAnswer<T> =
  | { readonly value: T; readonly latencyMs: number }
  | { readonly failure: BangerError; readonly latencyMs: number };

/**
 * Asks, and waits no longer than the limit, whatever the one that is asked does. The signal tells the question that
 * nobody waits any more. Never rejects.
 */
export async function answerWithin<T>(
  limitMs: number,
  what: string,
  ask: (signal: AbortSignal) => Promise<T>,
): Promise<TimedAnswer<T>> {
  const start = performance.now();
  const latencyMs = (): number => Math.round((performance.now() - start) * 10) / 10;
  const stop = new AbortController();
  const late = Promise.withResolvers<TimedAnswer<T>>();
  const timer = setTimeout(() => {
    const failure = new TimeoutError(what, limitMs);
    late.resolve({ failure, latencyMs: latencyMs() });
    stop.abort(failure);
  }, limitMs);
  const answer = ask(stop.signal).then(
    (value): TimedAnswer<T> => ({ value, latencyMs: latencyMs() }),
    (error: unknown): TimedAnswer<T> => ({ failure: toBangerError(error, what), latencyMs: latencyMs() }),
  );
  try {
    return await Promise.race([answer, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
