import { Controller } from '@nestjs/common';
import type { ParamsOf, ResultOf } from '../../contract/index.js';
import { Rpc } from '../../core/rpc/index.js';
import { VmStartService } from '../lifecycle/start.service.js';
import { toVmView } from '../vm-view.js';
import { VmRepository } from '../vm.repository.js';
import { VmSuspendService } from './suspend.service.js';

/** What is done to a VM that keeps its memory over RPC. */
@Controller()
export class VmSuspendController {
  constructor(
    private readonly suspending: VmSuspendService,
    private readonly starting: VmStartService,
    private readonly vms: VmRepository,
  ) {}

  @Rpc('vm.suspend')
  async suspend({ vm }: ParamsOf<'vm.suspend'>): Promise<ResultOf<'vm.suspend'>> {
    return toVmView(await this.suspending.suspend(await this.vms.require(vm)));
  }

  @Rpc('vm.resume')
  async resume({ vm }: ParamsOf<'vm.resume'>): Promise<ResultOf<'vm.resume'>> {
    return toVmView(await this.starting.resume(await this.vms.require(vm)));
  }
}
