import { Controller } from '@nestjs/common';
import type { ChunkOf, ParamsOf, ResultOf } from '../contract/index.js';
import { Rpc } from '../core/rpc/index.js';
import type { RpcContext } from '../core/rpc/index.js';
import { VmConsoleService } from './console/vm-console.service.js';
import { VmHealthService } from './health/vm-health.service.js';
import { VmProbes } from './health/vm-probes.js';
import { VmPortsService } from './ports/vm-ports.service.js';
import { VmStatsService } from './stats/vm-stats.service.js';
import { VmRepository } from './vm.repository.js';

/** What a VM does, over RPC; nothing here changes anything. */
@Controller()
export class VmObservationController {
  constructor(
    private readonly figures: VmStatsService,
    private readonly healthChecks: VmHealthService,
    private readonly probes: VmProbes,
    private readonly guestPorts: VmPortsService,
    private readonly consoles: VmConsoleService,
    private readonly vms: VmRepository,
  ) {}

  @Rpc('vm.stats')
  async stats(params: ParamsOf<'vm.stats'>): Promise<ResultOf<'vm.stats'>> {
    return this.figures.stats(params);
  }

  @Rpc('vm.health')
  async health({ vm }: ParamsOf<'vm.health'>): Promise<ResultOf<'vm.health'>> {
    return this.healthChecks.check(await this.vms.require(vm));
  }

  @Rpc('vm.ping')
  async ping({ vm }: ParamsOf<'vm.ping'>): Promise<ResultOf<'vm.ping'>> {
    return this.probes.ping(await this.vms.require(vm));
  }

  @Rpc('vm.ports')
  async ports({ vm }: ParamsOf<'vm.ports'>, { signal }: RpcContext): Promise<ResultOf<'vm.ports'>> {
    return this.guestPorts.list(await this.vms.require(vm), signal);
  }

  @Rpc('vm.console')
  console(
    params: ParamsOf<'vm.console'>,
    { signal }: RpcContext,
  ): AsyncGenerator<ChunkOf<'vm.console'>, ResultOf<'vm.console'>> {
    return this.consoles.stream(params, signal);
  }
}
