import { Injectable } from '@nestjs/common';
import { Ledger } from '../../core/operations/index.js';
import type { LedgerEntry } from '../../core/operations/index.js';
import { ProcessRunner } from '../../core/process/index.js';
import { VmRepository } from '../vm.repository.js';
import { DiskUsage } from './disk-usage.adapter.js';
import { LeftoverFinder } from './leftover-finder.js';
import type { Leftover } from './leftover.js';

/**
 * What is left on the host of VMs that nobody knows any more: a restored database, a state directory that was copied,
 * a defect. Nothing of it is ever removed: the doctor tells users how. What other state directories have is not seen.
 */
@Injectable()
export class Leftovers {
  constructor(
    private readonly finder: LeftoverFinder,
    private readonly usage: DiskUsage,
    private readonly ledger: Ledger,
    private readonly vms: VmRepository,
    private readonly processes: ProcessRunner,
  ) {}

  /** All of it, the processes first. Changes nothing. */
  async scan(): Promise<Leftover[]> {
    // The host first: what is made meanwhile is in the books before it is there.
    const found = await this.finder.everything();
    const entries = await this.ledger.list();
    const known = new Set((await this.vms.list()).map((vm) => vm.id));
    const unknown = found.filter((one) => !isOwned(one, entries, known));
    const sized = await Promise.all(unknown.map((one) => this.#sized(one)));
    return sized.filter((one) => one !== undefined);
  }

  /** Undefined when it has gone since it was seen: it had an owner, who took it away. */
  async #sized(one: Leftover): Promise<Leftover | undefined> {
    if (one.process !== undefined) return (await this.processes.isAlive(one.process)) ? one : undefined;
    const sizeBytes = await this.usage.allocated(one.key);
    return (await this.usage.exists(one.key)) ? { ...one, sizeBytes } : undefined;
  }
}

/** A process is its ledger entry's; a path also its VM's, since a VM's row outlives what is in its directories. */
function isOwned(one: Leftover, entries: readonly LedgerEntry[], known: ReadonlySet<string>): boolean {
  if (one.kind === 'process') return entries.some(({ kind, key }) => kind === 'process' && key === one.vmId);
  return known.has(one.vmId) || entries.some(({ kind, key }) => kind === one.kind && key === one.key);
}
