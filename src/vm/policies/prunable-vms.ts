import { Injectable } from '@nestjs/common';
import type { VmPrunableParams, VmPrunableView } from '../../contract/index.js';
import { Clock } from '../../core/clock/index.js';
import { DiskUsage } from '../reaper/disk-usage.adapter.js';
import { hasLabels } from '../settings/labels.js';
import { VmPathFinder } from '../vm-paths.js';
import { VmRepository } from '../vm.repository.js';
import type { Vm } from '../vm.types.js';
import { toVmView } from '../vm-view.js';

/** VMs that can be cleared away: down for good, as long as somebody asked. */
@Injectable()
export class PrunableVms {
  constructor(
    private readonly vms: VmRepository,
    private readonly paths: VmPathFinder,
    private readonly usage: DiskUsage,
    private readonly clock: Clock,
  ) {}

  /** Those longest down first, each with what is allocated for it on the disk. */
  async list({ olderThanSeconds = 0, labels = [] }: VmPrunableParams): Promise<VmPrunableView[]> {
    const downSince = this.clock.now() - olderThanSeconds * 1000;
    const found = (await this.vms.list())
      .filter((vm) => isDownForGood(vm) && sinceWhen(vm) <= downSince && hasLabels(vm.labels, labels))
      .toSorted((a, b) => sinceWhen(a) - sinceWhen(b));
    return Promise.all(
      found.map(async (vm) => ({
        vm: toVmView(vm),
        allocatedBytes: await this.usage.allocated(this.paths.of(vm.id).directory),
      })),
    );
  }
}

/** One that waits for its automatic restart is not. */
function isDownForGood({ state, restartAt }: Vm): boolean {
  return (state === 'stopped' || state === 'failed') && restartAt === undefined;
}

function sinceWhen({ stoppedAt, createdAt }: Vm): number {
  return (stoppedAt ?? createdAt).getTime();
}
