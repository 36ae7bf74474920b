import { Injectable } from '@nestjs/common';
import { CapabilityRegistry } from '../../capabilities/index.js';
import { Ledger } from '../../core/operations/index.js';
import type { LedgerEntry, OperationContext } from '../../core/operations/index.js';
import { GuestAccess } from '../access/guest-access.js';
import { Machines } from '../machines.js';
import { VmPathFinder } from '../vm-paths.js';
import { VmRepository } from '../vm.repository.js';
import type { Vm } from '../vm.types.js';

/** Ends a machine and gives back what only a running VM needs; and, for a deletion, everything. Repeatable. */
@Injectable()
export class MachineTeardown {
  constructor(
    private readonly machines: Machines,
    private readonly access: GuestAccess,
    private readonly ledger: Ledger,
    private readonly paths: VmPathFinder,
    private readonly vms: VmRepository,
    private readonly capabilities: CapabilityRegistry,
  ) {}

  /**
   * Kills the VMM if it still lives, lets the capabilities give back what they took, and takes its sockets away. The
   * disk stays. The directory goes last: as long as it is in the ledger, `hasEnded` is false, and all is repeated.
   * @param operation where the capabilities' steps are recorded; they run all the same when it was cancelled
   */
  async end(vm: Pick<Vm, 'id'>, operation?: Pick<OperationContext, 'signal' | 'step'>): Promise<void> {
    this.access.drop(vm);
    await this.machines.get(vm.id)?.kill();
    this.machines.remove(vm.id);
    await this.ledger.release('process', vm.id);
    await this.capabilities.stopped(vm, (name, title, body) =>
      operation === undefined || operation.signal.aborted ? body() : operation.step(name, title, body),
    );
    await this.ledger.release('directory', this.paths.of(vm.id).runtimeDirectory);
  }

  /** Whether none of these ledger entries is for `end` to release. */
  hasEnded(vm: Pick<Vm, 'id'>, entries: readonly LedgerEntry[]): boolean {
    const { runtimeDirectory } = this.paths.of(vm.id);
    return !entries.some(
      ({ kind, key }) =>
        (kind === 'process' && key === vm.id) || (kind === 'directory' && key === runtimeDirectory),
    );
  }

  /** Ends the machine and removes every trace of the VM, the row last: until then the next start finds it. */
  async destroy(vm: Pick<Vm, 'id'>): Promise<void> {
    await this.end(vm);
    await this.ledger.releaseOwner({ type: 'vm', id: vm.id });
    await this.vms.remove(vm.id);
  }
}
