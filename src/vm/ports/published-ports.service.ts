import { Injectable } from '@nestjs/common';
import { CapabilityRegistry, exposure } from '../../capabilities/index.js';
import type { PublishedPort } from '../../contract/index.js';
import type { OperationContext, ResourceOwner } from '../../core/operations/index.js';
import { PortTwiceError, PublishedPortLeases } from '../../host/index.js';
import { VmFactsGatherer } from '../lifecycle/vm-facts.js';
import { Machines } from '../machines.js';
import { VmRepository } from '../vm.repository.js';
import type { Vm } from '../vm.types.js';

/** Changes the ports of a VM that exists. At its start they are the capability's business. */
@Injectable()
export class PublishedPorts {
  constructor(
    private readonly capabilities: CapabilityRegistry,
    private readonly leases: PublishedPortLeases,
    private readonly facts: VmFactsGatherer,
    private readonly machines: Machines,
    private readonly vms: VmRepository,
  ) {}

  /**
   * Makes the VM's published ports exactly these, at once when it runs; connections through those that stay go on.
   * Under the VM's lock, as steps of the operation, whose rollback undoes it until the row is written.
   * A stopped VM gets its ports when it starts: then is checked whether they are free.
   * @throws PortTakenError, PortUnusableError, PortTwiceError
   */
  async apply(vm: Vm, ports: readonly PublishedPort[], operation: OperationContext): Promise<Vm> {
    checkDistinct(ports);
    const machine = this.machines.get(vm.id);
    if (machine === undefined) return this.vms.update(vm.id, { publishedPorts: ports });
    const owner: ResourceOwner = { type: 'vm', id: vm.id };
    operation.rollback.add('the ports', async () => {
      await machine.setForwards(await this.forwards(vm));
      for (const port of vm.publishedPorts)
        await this.leases.rebook(owner, port, (id) => this.vms.nameOf(id));
      await this.leases.releaseOthers(owner, vm.publishedPorts);
    });
    await operation.step('ports.lease', 'leasing the ports', async () => {
      for (const port of ports) {
        await this.leases.lease(owner, port, (id) => this.vms.nameOf(id));
        const warning = exposure(port);
        if (warning !== undefined) operation.warn(warning);
      }
    });
    const changed = { ...vm, publishedPorts: ports };
    await operation.step('ports.forward', 'forwarding the ports', async () =>
      machine.setForwards(await this.forwards(changed)),
    );
    return operation.step('ports.record', 'recording the ports', async () => {
      const recorded = await this.vms.update(vm.id, { publishedPorts: ports });
      await this.leases.releaseOthers(owner, ports);
      return recorded;
    });
  }

  /** All forwards of a VM's machine, as the capabilities want them: SSH and what is published. */
  async forwards(vm: Vm): Promise<readonly PublishedPort[]> {
    const draft = this.capabilities.configure(await this.facts.gather(vm));
    return draft.nics[0]?.forwards ?? [];
  }
}

function checkDistinct(ports: readonly PublishedPort[]): void {
  const seen = new Set<string>();
  for (const port of ports) {
    const key = `${port.hostPort}/${port.protocol}`;
    if (seen.has(key)) throw new PortTwiceError(port);
    seen.add(key);
  }
}
