import type { KeyedLock } from '../../core/concurrency/index.js';
import type { Ledger, ResourceKind, ResourceOwner } from '../../core/operations/index.js';

export interface LeaseRequest {
  readonly kind: ResourceKind;
  readonly range: { readonly from: number; readonly to: number };
  readonly owner: ResourceOwner;
  /** Whether the host lets us have it; asked for numbers that nobody leases, until one is free. */
  readonly isFree: (number: number) => boolean | Promise<boolean>;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Leases the first free number of a range, from a random start on: a number just given back is not soon handed out
 * again, to whoever still holds its address. Looking and writing happen under one lock, so that parallel creates
 * never get the same. Returns undefined when none is left.
 */
export async function leaseNumber(
  ledger: Ledger,
  lock: KeyedLock,
  request: LeaseRequest,
): Promise<number | undefined> {
  const { kind, signal } = request;
  const release = await lock.acquire(kind, `lease a ${kind}`, signal);
  try {
    return await lock.under(kind, () => leaseFirstFree(ledger, request));
  } finally {
    release();
  }
}

async function leaseFirstFree(ledger: Ledger, request: LeaseRequest): Promise<number | undefined> {
  const { kind, range, owner, signal } = request;
  const leased = new Set((await ledger.list({ kind })).map((entry) => Number(entry.key)));
  const size = range.to - range.from + 1;
  const start = Math.floor(Math.random() * size);
  for (let step = 0; step < size; step += 1) {
    signal?.throwIfAborted();
    const candidate = range.from + ((start + step) % size);
    if (leased.has(candidate) || !(await request.isFree(candidate))) continue;
    return await ledger.make({ kind, key: String(candidate), owner }, () => Promise.resolve(candidate));
  }
  return undefined;
}
