import { Controller } from '@nestjs/common';
import type { ParamsOf, ResultOf } from '../../contract/index.js';
import { Rpc } from '../../core/rpc/index.js';
import { KernelRegistrar } from '../register/kernel-registrar.js';
import { KernelPuller } from './kernel-puller.js';
import { KernelService } from './kernel.service.js';

@Controller()
export class KernelController {
  constructor(
    private readonly kernels: KernelService,
    private readonly puller: KernelPuller,
    private readonly registrar: KernelRegistrar,
  ) {}

  @Rpc('kernel.list')
  list(): Promise<ResultOf<'kernel.list'>> {
    return this.kernels.list();
  }

  @Rpc('kernel.get')
  get({ kernel }: ParamsOf<'kernel.get'>): Promise<ResultOf<'kernel.get'>> {
    return this.kernels.get(kernel);
  }

  @Rpc('kernel.pull.begin')
  pull({ name }: ParamsOf<'kernel.pull.begin'>): Promise<ResultOf<'kernel.pull.begin'>> {
    return this.puller.begin(name);
  }

  @Rpc('kernel.register.begin')
  register(params: ParamsOf<'kernel.register.begin'>): Promise<ResultOf<'kernel.register.begin'>> {
    return this.registrar.begin(params);
  }

  @Rpc('kernel.delete')
  delete({ kernel }: ParamsOf<'kernel.delete'>): Promise<ResultOf<'kernel.delete'>> {
    return this.kernels.delete(kernel);
  }
}
