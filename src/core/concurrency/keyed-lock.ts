import { assertLockOrder, underLock } from './lock-order.js';
import type { HeldLock, LockRank } from './lock-order.js';

interface Hold extends HeldLock {
  readonly released: Promise<void>;
}

/**
 * One holder per key. By hand: a mutex that names its holder, so that the loser can be told what is running, and that
 * refuses to be taken against the order of the ranks.
 */
export class KeyedLock {
  readonly #holders = new Map<string, Hold>();

  constructor(private readonly rank: LockRank) {}

  /** What holds the key now, if anything. */
  holder(key: string): string | undefined {
    return this.#holders.get(key)?.action;
  }

  /**
   * Takes the key if it is free. The function returned lets go of it; again is harmless.
   * @throws InternalError when the work that asks, see `under`, holds a lock that must not be held then
   */
  tryAcquire(key: string, action: string): (() => void) | undefined {
    assertLockOrder(this.rank, key, action);
    if (this.#holders.has(key)) return undefined;
    const { promise, resolve } = Promise.withResolvers<void>();
    const entry: Hold = { rank: this.rank, key, action, live: true, released: promise };
    this.#holders.set(key, entry);
    return () => {
      entry.live = false;
      if (this.#holders.get(key) !== entry) return;
      this.#holders.delete(key);
      resolve();
    };
  }

  /** Waits for the key. Waiters get it in no promised order. @throws the signal's reason, also while it waits */
  async acquire(key: string, action: string, signal?: AbortSignal): Promise<() => void> {
    for (;;) {
      signal?.throwIfAborted();
      const release = this.tryAcquire(key, action);
      if (release !== undefined) return release;
      await eitherOf(this.#holders.get(key)?.released, signal);
    }
  }

  async with<T>(key: string, action: string, body: () => Promise<T>): Promise<T> {
    const release = await this.acquire(key, action);
    try {
      return await this.under(key, body);
    } finally {
      release();
    }
  }

  /** Runs the body as the work that the key is held for: what it takes meanwhile has to come later in the order. */
  under<T>(key: string, body: () => T): T {
    const hold = this.#holders.get(key);
    return hold === undefined ? body() : underLock(hold, body);
  }
}

/** Resolves when the promise does or the signal aborts; leaves no listener behind. */
async function eitherOf(released: Promise<void> | undefined, signal: AbortSignal | undefined): Promise<void> {
  if (signal === undefined) return released;
  const { promise: aborted, resolve } = Promise.withResolvers<void>();
  const onAbort = (): void => resolve();
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    await Promise.race([released, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
