import { Injectable } from '@nestjs/common';
import type { VmSetParams } from '../../contract/index.js';
import { Clock } from '../../core/clock/index.js';
import { VmChangeRunner } from '../lifecycle/vm-change-runner.js';
import type { Vm } from '../vm.types.js';
import { planOf } from './set-plan.js';
import { SetPreflight } from './set-preflight.js';
import { SetSteps } from './set-steps.js';

/** Changes settings of a VM as one operation; everything that can be refused is refused before anything is touched. */
@Injectable()
export class VmSetService {
  constructor(
    private readonly changes: VmChangeRunner,
    private readonly preflight: SetPreflight,
    private readonly steps: SetSteps,
    private readonly clock: Clock,
  ) {}

  /** What is so already is success. @throws PreflightFailedError, or the one thing that stands against it */
  async set(vm: Vm, params: VmSetParams): Promise<Vm> {
    return this.changes.change(
      { vm, method: 'vm.set', action: 'change of its settings' },
      async (current, operation) => {
        const plan = planOf(current, params, new Date(this.clock.now()));
        for (const remark of await this.preflight.check(current, plan, params)) operation.warn(remark);
        return this.steps.run(current, plan, operation);
      },
    );
  }
}
