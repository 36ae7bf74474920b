import { Injectable } from '@nestjs/common';
import type { Vm } from '../vm.types.js';
import { StartSteps } from './start-steps.js';
import { VmChangeRunner } from './vm-change-runner.js';

/** Starts a VM that has been created before; its disk, name, keys and machine id stay. */
@Injectable()
export class VmStartService {
  constructor(
    private readonly changes: VmChangeRunner,
    private readonly steps: StartSteps,
  ) {}

  /** Running already is success. */
  async start(vm: Vm): Promise<Vm> {
    return this.changes.change({ vm, method: 'vm.start', action: 'start' }, (current, operation) =>
      this.steps.run(current, operation),
    );
  }

  /** Goes on where it was; running already is success. */
  async resume(vm: Vm): Promise<Vm> {
    return this.changes.change({ vm, method: 'vm.resume', action: 'start' }, (current, operation) =>
      this.steps.run(current, operation),
    );
  }

  /** What a restart policy does when it is time to; nothing when it was called off meanwhile. */
  async startAgain(vm: Vm): Promise<Vm> {
    return this.changes.change({ vm, method: 'vm.start', action: 'start' }, (current, operation) => {
      if (current.restartAt === undefined || current.restartPolicy === 'no') return Promise.resolve(current);
      const why = current.lastEnd === undefined ? '' : `: it was ${current.lastEnd.reason}`;
      operation.warn(
        `started by its restart policy ${current.restartPolicy}, time ${current.restarts} in a row${why}`,
      );
      return this.steps.run(current, operation, { automatic: true });
    });
  }
}
