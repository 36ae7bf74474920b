/**
 * Waits for the work no longer than until the signal: the caller stops waiting, the work goes on. For work that takes
 * no signal, or is shared with others. A failure that comes after the signal is nobody's.
 * @param reason what to throw at the abort
 */
export async function abortable<T>(
  work: Promise<T>,
  signal: AbortSignal | undefined,
  reason: () => unknown,
): Promise<T> {
  if (signal === undefined) return work;
  const aborted = Promise.withResolvers<never>();
  const onAbort = (): void => aborted.reject(reason());
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  try {
    return await Promise.race([work, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
