import { Injectable } from '@nestjs/common';
import { KeyedLock } from '../../core/concurrency/index.js';
import { Config } from '../../core/config/index.js';
import { Ledger } from '../../core/operations/index.js';
import type { ResourceOwner } from '../../core/operations/index.js';
import { PortsExhaustedError } from '../host.errors.js';
import { LeaseProbe } from './lease-probe.js';
import { leaseNumber } from './lease-pool.js';

/** Loopback ports that lead to guests' SSH servers, each a ledger entry of the kind `port`. */
@Injectable()
export class PortLeases {
  readonly #lock = new KeyedLock('subsystem');

  constructor(
    private readonly config: Config,
    private readonly ledger: Ledger,
    private readonly probe: LeaseProbe,
  ) {}

  /**
   * A port that nobody leases and nobody listens on now; another program may still take it before its user does.
   * Given back by `ledger.release('port', String(port))` or with all that its owner has.
   * @throws PortsExhaustedError
   */
  async acquire(owner: ResourceOwner, signal?: AbortSignal): Promise<number> {
    const range = this.config.values.sshPorts;
    const port = await leaseNumber(this.ledger, this.#lock, {
      kind: 'port',
      range,
      owner,
      signal,
      isFree: (candidate) => this.probe.isPortFree(candidate),
    });
    if (port === undefined) throw new PortsExhaustedError(range);
    return port;
  }
}
