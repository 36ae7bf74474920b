import { TimeoutError } from '../core/errors/index.js';

/** `ms` that one hook has */
const HOOK_LIMIT_MS = 60_000;
/** `ms` that a hook has to end after its signal; what ignores it is left to itself, or it would hold the VM for ever */
const GRACE_MS = 5_000;

/** Runs a hook with a signal that aborts with the caller's, or when its time is over. @throws the signal's reason */
export async function boundedHook<T>(
  id: string,
  caller: AbortSignal | undefined,
  body: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const limit = new AbortController();
  const timer = setTimeout(
    () => limit.abort(new TimeoutError(`the part ${id} of a VM's start or stop`, HOOK_LIMIT_MS)),
    HOOK_LIMIT_MS,
  );
  const signal = caller === undefined ? limit.signal : AbortSignal.any([caller, limit.signal]);
  const givenUp = Promise.withResolvers<never>();
  let grace: NodeJS.Timeout | undefined;
  const onAbort = (): void => {
    grace = setTimeout(() => givenUp.reject(signal.reason as Error), GRACE_MS);
  };
  try {
    signal.throwIfAborted();
    signal.addEventListener('abort', onAbort, { once: true });
    return await Promise.race([body(signal), givenUp.promise]);
  } finally {
    clearTimeout(timer);
    clearTimeout(grace);
    signal.removeEventListener('abort', onAbort);
  }
}
