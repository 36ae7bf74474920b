import { Controller } from '@nestjs/common';
import type { ParamsOf, ResultOf } from '../contract/index.js';
import { Rpc } from '../core/rpc/index.js';
import { VmRestartService } from './lifecycle/restart.service.js';
import { VmStartService } from './lifecycle/start.service.js';
import { DEFAULT_STOP_TIMEOUT_MS, VmStopService } from './lifecycle/stop.service.js';
import { VmRepository } from './vm.repository.js';
import { toVmView } from './vm-view.js';

/** What starts and ends a VM's machine, over RPC. */
@Controller()
export class VmPowerController {
  constructor(
    private readonly starting: VmStartService,
    private readonly stopping: VmStopService,
    private readonly restarting: VmRestartService,
    private readonly vms: VmRepository,
  ) {}

  @Rpc('vm.start')
  async start({ vm }: ParamsOf<'vm.start'>): Promise<ResultOf<'vm.start'>> {
    return toVmView(await this.starting.start(await this.vms.require(vm)));
  }

  @Rpc('vm.stop')
  async stop({ vm, timeoutSeconds }: ParamsOf<'vm.stop'>): Promise<ResultOf<'vm.stop'>> {
    return toVmView(await this.stopping.stop(await this.vms.require(vm), timeoutMs(timeoutSeconds)));
  }

  @Rpc('vm.restart')
  async restart({ vm, timeoutSeconds }: ParamsOf<'vm.restart'>): Promise<ResultOf<'vm.restart'>> {
    return toVmView(await this.restarting.restart(await this.vms.require(vm), timeoutMs(timeoutSeconds)));
  }

  @Rpc('vm.kill')
  async kill({ vm }: ParamsOf<'vm.kill'>): Promise<ResultOf<'vm.kill'>> {
    return toVmView(await this.stopping.kill(await this.vms.require(vm)));
  }
}

function timeoutMs(seconds: number | undefined): number {
  return seconds === undefined ? DEFAULT_STOP_TIMEOUT_MS : seconds * 1000;
}
