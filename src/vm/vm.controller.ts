import { Controller, Inject } from '@nestjs/common';
import type { ParamsOf, ResultOf } from '../contract/index.js';
import { toBangerError } from '../core/errors/index.js';
import { LOGGER } from '../core/logging/index.js';
import type { Logger } from '../core/logging/index.js';
import { Rpc } from '../core/rpc/index.js';
import type { RpcContext } from '../core/rpc/index.js';
import { VmDeleteService } from './lifecycle/delete.service.js';
import { LiveViews } from './live-views.js';
import { PrunableVms } from './policies/prunable-vms.js';
import { hasLabels } from './settings/labels.js';
import { ProjectCreation } from './project/project-creation.js';
import { VmRepository } from './vm.repository.js';
import { toVmView } from './vm-view.js';

/** Creation and removal of VMs over RPC. */
@Controller()
export class VmController {
  constructor(
    private readonly creation: ProjectCreation,
    private readonly deletion: VmDeleteService,
    private readonly vms: VmRepository,
    private readonly views: LiveViews,
    private readonly prunables: PrunableVms,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  @Rpc('vm.create.begin')
  async create(
    params: ParamsOf<'vm.create.begin'>,
    context: RpcContext,
  ): Promise<ResultOf<'vm.create.begin'>> {
    const { vm, view } = await this.creation.begin(params, context.signal);
    if (vm.ephemeral) {
      void context.connection.closed.then(() => this.#deleteAbandoned(vm.id));
    }
    return view;
  }

  @Rpc('vm.list')
  async list({ labels = [] }: ParamsOf<'vm.list'>): Promise<ResultOf<'vm.list'>> {
    return (await this.vms.list())
      .filter((vm) => hasLabels(vm.labels, labels))
      .map((vm) => this.views.of(vm));
  }

  @Rpc('vm.prunable')
  async prunable(params: ParamsOf<'vm.prunable'>): Promise<ResultOf<'vm.prunable'>> {
    return this.prunables.list(params);
  }

  @Rpc('vm.get')
  async get({ vm }: ParamsOf<'vm.get'>): Promise<ResultOf<'vm.get'>> {
    return this.views.of(await this.vms.require(vm));
  }

  @Rpc('vm.delete')
  async delete({ vm, force }: ParamsOf<'vm.delete'>): Promise<ResultOf<'vm.delete'>> {
    return toVmView(await this.deletion.delete(await this.vms.require(vm), force ?? false));
  }

  async #deleteAbandoned(vmId: string): Promise<void> {
    try {
      await this.deletion.deleteAbandoned(vmId);
    } catch (error) {
      this.logger.error({ vm: vmId, err: toBangerError(error) }, 'an ephemeral VM could not be removed');
    }
  }
}
