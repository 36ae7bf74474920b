import { Injectable } from '@nestjs/common';
import type { ExitStatus } from '../../core/process/index.js';
import { VmFiles } from '../vm-files.adapter.js';
import { VmEndedError } from '../vm.errors.js';
import { VmPathFinder } from '../vm-paths.js';
import { VmRepository } from '../vm.repository.js';
import type { Vm } from '../vm.types.js';
import { MachineTeardown } from './machine-teardown.js';

/** What an end means for the VM: a guest that powered off is stopped, anything else has failed. */
@Injectable()
export class MachineEnds {
  constructor(
    private readonly teardown: MachineTeardown,
    private readonly vms: VmRepository,
    private readonly files: VmFiles,
    private readonly paths: VmPathFinder,
  ) {}

  /** Under the VM's lock. */
  async record(vm: Vm, exit: ExitStatus): Promise<void> {
    if (vm.ephemeral) return this.teardown.destroy(vm);
    const stderrTail = await this.files.tail(this.paths.of(vm.id).vmmLog, 2048);
    await this.teardown.end(vm);
    if (exit.exitCode === 0) {
      await this.vms.transition(vm, 'stopped', { machine: null, error: null });
      return;
    }
    const error = new VmEndedError(vm.name, exit, stderrTail);
    await this.vms.transition(vm, 'failed', {
      machine: null,
      error: { message: error.message, data: error.toData() },
    });
  }
}
