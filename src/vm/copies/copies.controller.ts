import { Controller } from '@nestjs/common';
import type { ParamsOf, ResultOf } from '../../contract/index.js';
import { Rpc } from '../../core/rpc/index.js';
import type { RpcContext } from '../../core/rpc/index.js';
import { VmRepository } from '../vm.repository.js';
import { VmForkService } from './fork.service.js';
import { SnapshotCopyService } from './snapshot-copy.service.js';

/** VMs that begin as others, over RPC. */
@Controller()
export class VmCopiesController {
  constructor(
    private readonly forking: VmForkService,
    private readonly copying: SnapshotCopyService,
    private readonly vms: VmRepository,
  ) {}

  @Rpc('vm.fork')
  async fork({ vm, ...wishes }: ParamsOf<'vm.fork'>): Promise<ResultOf<'vm.fork'>> {
    return this.forking.fork(await this.vms.require(vm), wishes);
  }

  @Rpc('vm.snapshot.copy.begin')
  async copy(
    params: ParamsOf<'vm.snapshot.copy.begin'>,
    { signal }: RpcContext,
  ): Promise<ResultOf<'vm.snapshot.copy.begin'>> {
    return this.copying.begin(await this.vms.require(params.vm), params, signal);
  }
}
