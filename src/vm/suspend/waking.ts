import { Injectable } from '@nestjs/common';
import { isKind } from '../../core/errors/index.js';
import { VmStartService } from '../lifecycle/start.service.js';
import { VmLocks } from '../vm-locks.js';
import { VmRepository } from '../vm.repository.js';
import type { Vm } from '../vm.types.js';
import { SuspendedVms } from './suspended-vms.js';

/** Has VMs that are suspended go on when somebody wants something of them. */
@Injectable()
export class Waking {
  constructor(
    private readonly starting: VmStartService,
    private readonly locks: VmLocks,
    private readonly vms: VmRepository,
    suspended: SuspendedVms,
  ) {
    suspended.onWanted(async (id) => {
      await this.awake(id);
    });
  }

  /** The VM as it is then; one that is not suspended as it is. Several that wake it at the same time wait for one of them. */
  async awake(ref: string): Promise<Vm> {
    for (;;) {
      const vm = await this.vms.require(ref);
      if (vm.state !== 'suspended') return vm;
      try {
        return await this.starting.resume(vm);
      } catch (error) {
        if (!isKind(error, 'VM_BUSY')) throw error;
        (await this.locks.note(vm.id, 'waking it'))();
      }
    }
  }
}
