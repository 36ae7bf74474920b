import { Injectable } from '@nestjs/common';
import type { PublishedPort } from '../../contract/index.js';
import { isKind } from '../../core/errors/index.js';
import type { BangerError } from '../../core/errors/index.js';
import { Ledger } from '../../core/operations/index.js';
import type { LedgerEntry, ResourceOwner } from '../../core/operations/index.js';
import { PortTakenError, PortUnusableError } from '../host.errors.js';
import { LeaseProbe } from './lease-probe.js';

/** How messages name the owner of a lease, by its id. */
type NameOf = (ownerId: string) => Promise<string | undefined>;

/**
 * Ports of the host that a user has chosen, each a ledger entry of the kind `port` while its VM runs. One number and
 * protocol has one owner, whatever the address: its key is that of the SSH ports, `8080`, or `5353/udp`.
 */
@Injectable()
export class PublishedPortLeases {
  constructor(
    private readonly ledger: Ledger,
    private readonly probe: LeaseProbe,
  ) {}

  /** What keeps the owner from having the port now; undefined when it may, or has it already. */
  async problem(owner: ResourceOwner, port: PublishedPort, nameOf: NameOf): Promise<BangerError | undefined> {
    const entry = await this.ledger.find('port', keyOf(port));
    if (entry === undefined) return this.#probeProblem(port);
    if (isOwn(entry, owner)) return undefined;
    return new PortTakenError(port, { vm: (await nameOf(entry.owner.id)) ?? entry.owner.id });
  }

  /** Having it already is success. @throws PortTakenError, PortUnusableError */
  async lease(owner: ResourceOwner, port: PublishedPort, nameOf: NameOf): Promise<void> {
    const problem = await this.problem(owner, port, nameOf);
    if (problem !== undefined) throw problem;
    await this.#keep(owner, port, nameOf);
  }

  /** Books a port that the owner's machine has already, without asking the host. @throws PortTakenError */
  async rebook(owner: ResourceOwner, port: PublishedPort, nameOf: NameOf): Promise<void> {
    await this.#keep(owner, port, nameOf);
  }

  /** Gives back the owner's chosen ports, but for those to keep. None is success. */
  async releaseOthers(owner: ResourceOwner, keep: readonly PublishedPort[]): Promise<void> {
    const kept = new Set(keep.map(keyOf));
    const entries = await this.ledger.list({ owner, kind: 'port' });
    for (const { key } of entries.filter((entry) => isOwn(entry, owner) && !kept.has(entry.key)))
      await this.ledger.release('port', key);
  }

  async #keep(owner: ResourceOwner, port: PublishedPort, nameOf: NameOf): Promise<void> {
    const key = keyOf(port);
    const entry = await this.ledger.find('port', key);
    if (entry !== undefined && isOwn(entry, owner)) return;
    try {
      await this.ledger.make({ kind: 'port', key, owner, data: { published: true } }, () =>
        Promise.resolve(),
      );
    } catch (error) {
      if (!isKind(error, 'RESOURCE_TAKEN')) throw error;
      const holder = await this.ledger.find('port', key);
      const vm = holder === undefined ? undefined : ((await nameOf(holder.owner.id)) ?? holder.owner.id);
      throw new PortTakenError(port, vm === undefined ? {} : { vm });
    }
  }

  async #probeProblem(port: PublishedPort): Promise<BangerError | undefined> {
    const problem = await this.probe.listenProblem(port);
    if (problem === undefined) return undefined;
    return problem === 'taken' ? new PortTakenError(port, {}) : new PortUnusableError(port, problem);
  }
}

function keyOf({ hostPort, protocol }: PublishedPort): string {
  return protocol === 'tcp' ? String(hostPort) : `${hostPort}/${protocol}`;
}

/** The VM's SSH port, leased for its whole life, is not one of these. */
function isOwn(entry: LedgerEntry, owner: ResourceOwner): boolean {
  return entry.owner.type === owner.type && entry.owner.id === owner.id && entry.data['published'] === true;
}
