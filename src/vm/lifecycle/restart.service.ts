import { Injectable } from '@nestjs/common';
import type { Vm } from '../vm.types.js';
import { StartSteps } from './start-steps.js';
import { DEFAULT_STOP_TIMEOUT_MS } from './stop.service.js';
import { StopSteps } from './stop-steps.js';
import { VmChangeRunner } from './vm-change-runner.js';
import { VmPreflight } from './vm-preflight.js';

/** Stops and starts a VM as one change: nobody gets in between. Disks, name, port and keys stay. */
@Injectable()
export class VmRestartService {
  constructor(
    private readonly changes: VmChangeRunner,
    private readonly stopping: StopSteps,
    private readonly starting: StartSteps,
    private readonly preflight: VmPreflight,
  ) {}

  /**
   * A VM that is down is started; one that is suspended loses what it had in memory. What the host could not start again is refused while it still runs. When the start
   * fails all the same the VM is `failed`, as after any start.
   */
  async restart(vm: Vm, timeoutMs: number = DEFAULT_STOP_TIMEOUT_MS): Promise<Vm> {
    return this.changes.change(
      { vm, method: 'vm.restart', action: 'restart' },
      async (current, operation) => {
        const isDown = current.state === 'stopped' || current.state === 'failed';
        if (isDown) return this.starting.run(current, operation);
        await this.preflight.checkStart(current, operation.signal);
        const stopped = await this.stopping.run(current, timeoutMs, operation);
        return this.starting.run(stopped, operation);
      },
    );
  }
}
