import { AsyncLocalStorage } from 'node:async_hooks';
import type { OperationEvent, OperationView } from '../contract/index.js';

interface Events {
  next(signal: AbortSignal): Promise<OperationEvent | undefined>;
}

interface Watchable {
  readonly id: string;
  /** whether it still runs */
  readonly open: boolean;
  readonly view: OperationView;
  watch(): { snapshot: OperationView; queue: Events; unwatch: () => void };
}

/** Hands an event on; what it returns resolves when the receiver has room for the next. */
type Emit = (event: OperationEvent) => Promise<void> | undefined;

const storage = new AsyncLocalStorage<OperationRelay>();

/**
 * Tells whoever waits for a piece of work what the operations that it begins are doing. Work that such an operation
 * leaves behind, such as the watch over a machine, inherits the relay and outlives it: after `end` it is deaf.
 */
export class OperationRelay {
  #emit: Emit | undefined;
  readonly #followed: { live: Watchable; stop: AbortController; done: Promise<void> }[] = [];

  constructor(emit: Emit) {
    this.#emit = emit;
  }

  /** The relay of the work that this code is part of. */
  static get current(): OperationRelay | undefined {
    return storage.getStore();
  }

  run<T>(body: () => T): T {
    return storage.run(this, body);
  }

  follow(live: Watchable): void {
    if (this.#emit === undefined) return;
    const stop = new AbortController();
    // an aborted pump ends with the reason of the abort, which nobody needs
    const done = this.#pump(live, stop.signal).catch(() => undefined);
    this.#followed.push({ live, stop, done });
  }

  /** Hands on what the operations that have ended still had to say, and lets go of the others. */
  async end(): Promise<void> {
    for (const { live, stop } of this.#followed) if (live.open) stop.abort();
    await Promise.all(this.#followed.map(({ done }) => done));
    this.#emit = undefined;
  }

  async #pump(live: Watchable, signal: AbortSignal): Promise<void> {
    const operation = live.id;
    const { snapshot, queue, unwatch } = live.watch();
    try {
      await this.#emit?.({ operation, snapshot });
      for (let event = await queue.next(signal); event !== undefined; event = await queue.next(signal))
        await this.#emit?.(Object.assign({ operation }, event));
      await this.#emit?.({ operation, snapshot: live.view });
    } finally {
      unwatch();
    }
  }
}
