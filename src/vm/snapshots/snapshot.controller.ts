import { Controller } from '@nestjs/common';
import type { ParamsOf, ResultOf } from '../../contract/index.js';
import { Rpc } from '../../core/rpc/index.js';
import { toVmView } from '../vm-view.js';
import { VmRepository } from '../vm.repository.js';
import { VmRestoreService } from './restore.service.js';
import { VmSnapshotService } from './snapshot.service.js';
import { Snapshots } from './snapshots.js';

/** Snapshots over RPC. */
@Controller()
export class VmSnapshotController {
  constructor(
    private readonly service: VmSnapshotService,
    private readonly restoring: VmRestoreService,
    private readonly snapshots: Snapshots,
    private readonly vms: VmRepository,
  ) {}

  @Rpc('vm.snapshot.create')
  async create({ vm, ...wishes }: ParamsOf<'vm.snapshot.create'>): Promise<ResultOf<'vm.snapshot.create'>> {
    return this.service.create(await this.vms.require(vm), wishes);
  }

  @Rpc('vm.snapshot.list')
  async list({ vm: ref }: ParamsOf<'vm.snapshot.list'>): Promise<ResultOf<'vm.snapshot.list'>> {
    const vm = await this.vms.require(ref);
    const all = await this.snapshots.list(vm);
    return Promise.all(all.map((snapshot) => this.snapshots.view(vm, snapshot)));
  }

  @Rpc('vm.snapshot.restore')
  async restore({
    vm,
    snapshot,
    force = false,
  }: ParamsOf<'vm.snapshot.restore'>): Promise<ResultOf<'vm.snapshot.restore'>> {
    return toVmView(await this.restoring.restore(await this.vms.require(vm), snapshot, force));
  }

  @Rpc('vm.snapshot.delete')
  async delete({ vm, snapshot }: ParamsOf<'vm.snapshot.delete'>): Promise<ResultOf<'vm.snapshot.delete'>> {
    return this.service.delete(await this.vms.require(vm), snapshot);
  }
}
