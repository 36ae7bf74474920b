import { Injectable } from '@nestjs/common';
import { KeyedLock } from '../../core/concurrency/index.js';
import { Config } from '../../core/config/index.js';
import { Ledger } from '../../core/operations/index.js';
import type { ResourceOwner } from '../../core/operations/index.js';
import { UidsExhaustedError } from '../host.errors.js';
import { LeaseProbe } from './lease-probe.js';
import { leaseNumber } from './lease-pool.js';

/** User ids that VMMs run as, one per VM, each a ledger entry of the kind `uid`. */
@Injectable()
export class UidLeases {
  readonly #lock = new KeyedLock('subsystem');

  constructor(
    private readonly config: Config,
    private readonly ledger: Ledger,
    private readonly probe: LeaseProbe,
  ) {}

  /**
   * In root mode a user id that no VM, user or container has; undefined in user mode, where VMMs run as the user.
   * @throws UidsExhaustedError
   */
  async acquire(owner: ResourceOwner, signal?: AbortSignal): Promise<number | undefined> {
    const { mode, vmmUids: range } = this.config.values;
    if (mode === 'user') return undefined;
    const taken = await this.probe.takenUids();
    const uid = await leaseNumber(this.ledger, this.#lock, {
      kind: 'uid',
      range,
      owner,
      signal,
      isFree: (candidate) => !taken.some(({ from, to }) => candidate >= from && candidate <= to),
    });
    if (uid === undefined) throw new UidsExhaustedError(range);
    return uid;
  }
}
