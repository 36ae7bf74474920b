import { AsyncLocalStorage } from 'node:async_hooks';
import { InternalError } from '../errors/index.js';

/**
 * Outermost first (design 4.10). Work that holds a lock may take those of later ranks alone, and never two of one
 * rank: then no two works can wait for each other, whatever they do.
 */
const ORDER = ['vm', 'image', 'subsystem'] as const;

export type LockRank = (typeof ORDER)[number];

/** One lock that is held. */
export interface HeldLock {
  readonly rank: LockRank;
  readonly key: string;
  readonly action: string;
  live: boolean;
}

/** What the work that runs now holds. Work inherits it from the work that began it. */
const held = new AsyncLocalStorage<readonly HeldLock[]>();

/** Runs the body as work that holds the lock; what the body takes is checked against it. */
export function underLock<T>(lock: HeldLock, body: () => T): T {
  return held.run([...stillHeld(), lock], body);
}

/** Runs the body as work of its own: nobody who holds a lock waits for it. */
export function apart<T>(body: () => T): T {
  return held.exit(body);
}

/** @throws InternalError when this could deadlock: a defect, met at once and not on the one bad day */
export function assertLockOrder(rank: LockRank, key: string, action: string): void {
  const inner = stillHeld().find((lock) => ORDER.indexOf(lock.rank) >= ORDER.indexOf(rank));
  if (inner === undefined) return;
  throw new InternalError(
    `${action} takes the ${rank} lock ${key} while ${inner.action} holds the ${inner.rank} lock ${inner.key}`,
  );
}

function stillHeld(): HeldLock[] {
  return (held.getStore() ?? []).filter(({ live }) => live);
}
