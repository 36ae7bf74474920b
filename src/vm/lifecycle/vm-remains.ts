import { Injectable } from '@nestjs/common';
import { Ledger } from '../../core/operations/index.js';
import type { LedgerEntry } from '../../core/operations/index.js';
import { DiskRestoration } from '../snapshots/disk-restoration.adapter.js';
import { SnapshotFiles } from '../snapshots/snapshot-files.adapter.js';
import { SnapshotHelpers } from '../snapshots/snapshot-helpers.js';
import { SuspendedVms } from '../suspend/suspended-vms.js';
import { VmPathFinder } from '../vm-paths.js';
import type { Vm } from '../vm.types.js';

/** What a change that nobody came to the end of has left of a VM, besides its machine. */
@Injectable()
export class VmRemains {
  constructor(
    private readonly ledger: Ledger,
    private readonly helpers: SnapshotHelpers,
    private readonly snapshots: SnapshotFiles,
    private readonly restoration: DiskRestoration,
    private readonly suspended: SuspendedVms,
    private readonly paths: VmPathFinder,
  ) {}

  entriesOf(vmId: string): Promise<LedgerEntry[]> {
    return this.ledger.list({ owner: { type: 'vm', id: vmId } });
  }

  /** Before anything else is done with it. @param entries of all VMs or of this */
  async clear(vm: Vm, entries: readonly LedgerEntry[]): Promise<void> {
    await this.helpers.release(vm, entries);
    await this.snapshots.tidy(this.paths.of(vm.id).snapshots);
    await this.restoration.settle(vm);
    // By its state it has gone on since, or is about to.
    if (vm.state !== 'suspended') await this.suspended.forget(vm);
  }

  /** Of a VM that is down, when all else is in order. */
  async attend(vm: Vm): Promise<void> {
    if (vm.state === 'suspended') await this.suspended.attend(vm);
  }
}
