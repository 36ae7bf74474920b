/** One holder per key. By hand: a mutex that names its holder, so that the loser can be told what is running. */
export class KeyedLock {
  readonly #holders = new Map<string, { action: string; released: Promise<void> }>();

  /** What holds the key now, if anything. */
  holder(key: string): string | undefined {
    return this.#holders.get(key)?.action;
  }

  /** Takes the key if it is free. */
  tryAcquire(key: string, action: string): (() => void) | undefined {
    if (this.#holders.has(key)) return undefined;
    const { promise, resolve } = Promise.withResolvers<void>();
    const entry = { action, released: promise };
    this.#holders.set(key, entry);
    return () => {
      if (this.#holders.get(key) !== entry) return;
      this.#holders.delete(key);
      resolve();
    };
  }

  /** Waits for the key. Waiters get it in no promised order. */
  async acquire(key: string, action: string, signal?: AbortSignal): Promise<() => void> {
    for (;;) {
      signal?.throwIfAborted();
      const release = this.tryAcquire(key, action);
      if (release !== undefined) return release;
      await this.#holders.get(key)?.released;
    }
  }

  async with<T>(key: string, action: string, body: () => Promise<T>): Promise<T> {
    const release = await this.acquire(key, action);
    try {
      return await body();
    } finally {
      release();
    }
  }
}
