import { Injectable } from '@nestjs/common';
import { toBangerError } from '../../core/errors/index.js';
import type { OperationContext } from '../../core/operations/index.js';
import type { BootableImage } from '../../image/index.js';
import { BootService } from '../lifecycle/boot.service.js';
import { MachineTeardown } from '../lifecycle/machine-teardown.js';
import { inOneLine, isItsFault } from '../saving/blame.js';
import { VmDisks } from '../vm-disks.js';
import { VmRepository } from '../vm.repository.js';
import type { Vm } from '../vm.types.js';
import { SuspendedVms } from './suspended-vms.js';

/** Has a suspended VM go on where it was, once: from then on its disks are another's than its saved memory knows. */
@Injectable()
export class Resumption {
  constructor(
    private readonly suspended: SuspendedVms,
    private readonly boot: BootService,
    private readonly teardown: MachineTeardown,
    private readonly disks: VmDisks,
    private readonly vms: VmRepository,
  ) {}

  /** Boots where the memory cannot be used now or ever, and tells why. */
  async run(vm: Vm, image: BootableImage, operation: OperationContext): Promise<void> {
    // Registered first, it runs last: when what the machine held has been given back.
    operation.rollback.add('what wakes it', async () => {
      const now = await this.vms.find(vm.id);
      if (now?.state === 'suspended') await this.suspended.attend(now);
    });
    await this.disks.mend(vm);
    try {
      const point = await operation.step('memory.check', 'looking at its memory', () =>
        this.suspended.restorePoint(vm),
      );
      await this.boot.boot(vm, image, operation, point);
      return;
    } catch (error) {
      const failure = toBangerError(error, 'its memory');
      if (operation.signal.aborted || !isItsFault(failure)) throw error;
      await this.teardown.end(vm);
      await this.suspended.forget(vm);
      operation.warn(`booted, since what it had in memory could not be gone on from: ${inOneLine(failure)}`);
    }
    await this.boot.boot(vm, image, operation);
  }

  /** After one that came to nothing. @returns false when it has come too far to be done again */
  async takeBack(vm: Vm): Promise<boolean> {
    if (!(await this.suspended.has(vm))) return false;
    await this.vms.transition(vm, 'suspended', { machine: null });
    return true;
  }
}
