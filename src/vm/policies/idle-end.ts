import { Injectable } from '@nestjs/common';
import { Config } from '../../core/config/index.js';
import { Hypervisor } from '../hypervisor/hypervisor.js';
import { VmStopService } from '../lifecycle/stop.service.js';
import { VmSuspendService } from '../suspend/suspend.service.js';

/** What becomes of a VM that nobody uses. */
@Injectable()
export class IdleEnd {
  constructor(
    private readonly config: Config,
    private readonly hypervisor: Hypervisor,
    private readonly stopping: VmStopService,
    private readonly suspending: VmSuspendService,
  ) {}

  /** Gone already is success. */
  async run(vmId: string, reason: string): Promise<void> {
    const suspends = this.config.values.idleAction === 'suspend' && this.hypervisor.features.liveSnapshots;
    if (suspends) await this.suspending.suspendBecause(vmId, 'idle', reason);
    else await this.stopping.stopBecause(vmId, 'idle', reason);
  }
}
