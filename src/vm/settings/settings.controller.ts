import { Controller } from '@nestjs/common';
import type { ParamsOf, ResultOf } from '../../contract/index.js';
import { Rpc } from '../../core/rpc/index.js';
import { VmRepository } from '../vm.repository.js';
import { toVmView } from '../vm-view.js';
import { VmSetService } from './set.service.js';

/** Changes of a VM's settings over RPC. */
@Controller()
export class VmSettingsController {
  constructor(
    private readonly setting: VmSetService,
    private readonly vms: VmRepository,
  ) {}

  @Rpc('vm.set')
  async set(params: ParamsOf<'vm.set'>): Promise<ResultOf<'vm.set'>> {
    return toVmView(await this.setting.set(await this.vms.require(params.vm), params));
  }
}
