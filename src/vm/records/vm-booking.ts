import { Injectable } from '@nestjs/common';
import { Ledger } from '../../core/operations/index.js';
import type { ResourceKind } from '../../core/operations/index.js';
import { PublishedPortLeases } from '../../host/index.js';
import { Hypervisor } from '../hypervisor/hypervisor.js';
import type { MachineRecord } from '../hypervisor/hypervisor.js';
import { MachineProcesses } from '../reaper/machine-processes.js';
import { VmPathFinder } from '../vm-paths.js';
import { VmRepository } from '../vm.repository.js';
import type { Vm } from '../vm.types.js';

/** Finds what a VM that the books have lost has on this host, and books it. */
@Injectable()
export class VmBooking {
  constructor(
    private readonly processes: MachineProcesses,
    private readonly hypervisor: Hypervisor,
    private readonly ledger: Ledger,
    private readonly ports: PublishedPortLeases,
    private readonly paths: VmPathFinder,
    private readonly vms: VmRepository,
  ) {}

  /** How to find its machine; undefined when none runs. */
  async machine(id: string, accelerator: Vm['accelerator']): Promise<MachineRecord | undefined> {
    const found = (await this.processes.find()).find(({ vmId }) => vmId === id);
    if (found === undefined) return undefined;
    const { runtimeDirectory, console: consolePath, vmmLog: logPath } = this.paths.of(id);
    return {
      id,
      process: found.identity,
      accelerator: accelerator ?? 'tcg',
      runtimeDirectory,
      consolePath,
      logPath,
    };
  }

  /** What the VM has on this host, as its creation and start would have booked it. */
  async book(vm: Vm): Promise<void> {
    const { directory, runtimeDirectory } = this.paths.of(vm.id);
    await this.#own(vm, 'directory', directory);
    if (vm.uid !== undefined) await this.#own(vm, 'uid', String(vm.uid));
    if (vm.sshPort !== undefined) await this.#own(vm, 'port', String(vm.sshPort));
    if (vm.machine === undefined) return;
    await this.#own(vm, 'directory', runtimeDirectory);
    const marker = this.hypervisor.processMarker(vm.id);
    await this.#own(vm, 'process', vm.id, { marker, process: vm.machine.process });
    for (const port of vm.publishedPorts)
      await this.ports.rebook({ type: 'vm', id: vm.id }, port, (id) => this.vms.nameOf(id));
  }

  async #own(vm: Vm, kind: ResourceKind, key: string, data?: Record<string, unknown>): Promise<void> {
    const owner = { type: 'vm', id: vm.id } as const;
    const entry = await this.ledger.find(kind, key);
    if (entry?.owner.id === vm.id) return;
    await this.ledger.make({ kind, key, owner, ...(data !== undefined && { data }) }, () =>
      Promise.resolve(),
    );
  }
}
