import { Injectable } from '@nestjs/common';
import type { VmStatsParams, VmStatsView } from '../../contract/index.js';
import { Hypervisor } from '../hypervisor/hypervisor.js';
import { Machines } from '../machines.js';
import { VmRepository } from '../vm.repository.js';
import type { Vm } from '../vm.types.js';
import { ProportionalMemory } from './proportional-memory.js';
import { toStatsView } from './stats-view.js';
import { VmSampler } from './vm-sampler.js';

/** `seconds` of history of all VMs at once: what a live table draws, and an answer of bounded size */
const MAX_HISTORY_OF_ALL_SECONDS = 120;

/** What VMs use, from the sampler's memory: asking costs them nothing. */
@Injectable()
export class VmStatsService {
  constructor(
    private readonly sampler: VmSampler,
    private readonly proportional: ProportionalMemory,
    private readonly hypervisor: Hypervisor,
    private readonly machines: Machines,
    private readonly vms: VmRepository,
  ) {}

  async stats({ vm, historySeconds, proportional }: VmStatsParams): Promise<VmStatsView[]> {
    const vms = vm === undefined ? await this.#running() : [await this.vms.require(vm)];
    const seconds =
      historySeconds === undefined || vm !== undefined
        ? historySeconds
        : Math.min(historySeconds, MAX_HISTORY_OF_ALL_SECONDS);
    const views: VmStatsView[] = [];
    for (const one of vms) views.push(await this.#view(one, seconds, proportional ?? false));
    return views;
  }

  async #running(): Promise<Vm[]> {
    return (await this.vms.list()).filter(({ id }) => this.machines.get(id) !== undefined);
  }

  async #view(vm: Vm, historySeconds: number | undefined, proportional: boolean): Promise<VmStatsView> {
    const machine = this.machines.get(vm.id);
    const proportionalBytes =
      proportional && machine !== undefined ? await this.proportional.of(machine) : undefined;
    const { networkCounters } = this.hypervisor.features;
    return toStatsView(vm, this.sampler.latest(vm.id), {
      isRunning: machine !== undefined,
      proportionalBytes,
      networkSource: networkCounters ? 'host' : 'guest',
      history:
        historySeconds === undefined
          ? undefined
          : this.sampler.history(vm.id, Date.now() - historySeconds * 1000),
    });
  }
}
