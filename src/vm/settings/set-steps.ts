import { Injectable } from '@nestjs/common';
import type { OperationContext } from '../../core/operations/index.js';
import { PublishedPorts } from '../ports/published-ports.service.js';
import { VmRepository } from '../vm.repository.js';
import type { Vm } from '../vm.types.js';
import { DiskGrowth } from './disk-growth.js';
import { LiveSettings } from './live-settings.js';
import { previousOf } from './set-plan.js';
import type { SetPlan } from './set-plan.js';

/**
 * The steps of a change of settings: what can be undone comes first, the disk, which can only grow, last. What a running
 * machine cannot have at once is written down and waits for its next start (`pending`).
 */
@Injectable()
export class SetSteps {
  constructor(
    private readonly ports: PublishedPorts,
    private readonly live: LiveSettings,
    private readonly growth: DiskGrowth,
    private readonly vms: VmRepository,
  ) {}

  async run(vm: Vm, { record, ports, disks }: SetPlan, operation: OperationContext): Promise<Vm> {
    // The ports have undos of their own, but for what the record says of them.
    const previous = previousOf(vm, { ...record, ...(ports !== undefined && { publishedPorts: ports }) });
    operation.rollback.add('the settings', async () => {
      await this.vms.update(vm.id, previous);
    });
    let changed = vm;
    if (Object.keys(record).length > 0)
      changed = await operation.step('settings.record', 'writing the settings down', () =>
        this.vms.update(vm.id, record),
      );
    if (ports !== undefined) changed = await this.ports.apply(changed, ports, operation);
    changed = await this.live.memory(changed, operation);
    changed = await this.live.name(changed, operation);
    for (const disk of ['diskMib', 'workDiskMib'] as const) {
      const mib = disks[disk];
      if (mib !== undefined) changed = await this.growth.grow(changed, disk, mib, operation);
    }
    return changed;
  }
}
