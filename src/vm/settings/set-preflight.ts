import { Injectable } from '@nestjs/common';
import { MAX_LABELS, MAX_PUBLISHED_PORTS } from '../../contract/index.js';
import type { PublishedPort, VmSetParams } from '../../contract/index.js';
import { Config } from '../../core/config/index.js';
import {
  checkFreeSpace,
  HostFacts,
  PortTwiceError,
  PublishedPortLeases,
  resourceProblems,
} from '../../host/index.js';
import { PreflightFindings } from '../lifecycle/preflight-findings.js';
import {
  DiskShrinkError,
  EphemeralRestartError,
  NoWorkDiskError,
  TooManyError,
  VmNameTakenError,
} from '../vm.errors.js';
import { Machines } from '../machines.js';
import { VmRepository } from '../vm.repository.js';
import type { Vm } from '../vm.types.js';
import type { SetPlan } from './set-plan.js';

const MIB = 1024 * 1024;

/** Everything that stands against a change of settings, found out before anything is touched and told at once. */
@Injectable()
export class SetPreflight {
  constructor(
    private readonly config: Config,
    private readonly host: HostFacts,
    private readonly leases: PublishedPortLeases,
    private readonly machines: Machines,
    private readonly vms: VmRepository,
  ) {}

  /**
   * @returns remarks that are no refusal
   * @throws the one finding as it is, or PreflightFailedError with all of them
   */
  async check(vm: Vm, plan: SetPlan, params: VmSetParams): Promise<string[]> {
    const findings = new PreflightFindings();
    const { name, restartPolicy, labels = {} } = plan.record;
    // The unique index decides; this tells it together with the rest.
    if (name !== undefined && !(await this.vms.nameIsFree(name)))
      findings.add('name', new VmNameTakenError(name));
    this.#resources(vm, plan, findings);
    if (vm.ephemeral && restartPolicy !== undefined && restartPolicy !== 'no')
      findings.add('settings', new EphemeralRestartError());
    if (Object.keys(labels).length > MAX_LABELS)
      findings.add('labels', new TooManyError('labels', MAX_LABELS));
    await this.#ports(vm, plan, params.publishedPorts ?? [], findings);
    const remarks = await this.#space(vm, plan, findings);
    findings.check();
    return remarks;
  }

  #resources(vm: Vm, { record, disks }: SetPlan, findings: PreflightFindings): void {
    const facts = { cpus: this.host.cpus(), memoryTotalMib: this.host.memory().totalMib, imageBytes: 0 };
    const { cpus, memoryMib } = record;
    // What is not to be changed is not judged again: the host may be another one than when the VM was made.
    const request = { cpus: cpus ?? 1, memoryMib: memoryMib ?? facts.memoryTotalMib, ...disks };
    for (const problem of resourceProblems(request, facts)) findings.add(problem.details.resource, problem);
    const { diskMib, workDiskMib } = disks;
    if (diskMib !== undefined && diskMib < vm.diskMib)
      findings.add('disk', new DiskShrinkError('disk', diskMib, vm.diskMib));
    if (workDiskMib === undefined) return;
    if (vm.workDiskMib === undefined) findings.add('work-disk', new NoWorkDiskError(vm.name));
    else if (workDiskMib < vm.workDiskMib)
      findings.add('work-disk', new DiskShrinkError('work-disk', workDiskMib, vm.workDiskMib));
  }

  /** Whether a port is free matters when the VM has it, which is while it runs. */
  async #ports(
    vm: Vm,
    { ports }: SetPlan,
    added: readonly PublishedPort[],
    findings: PreflightFindings,
  ): Promise<void> {
    const seen = new Set<string>();
    for (const port of added) {
      const key = `${port.hostPort}/${port.protocol}`;
      if (seen.has(key)) findings.add('published-ports', new PortTwiceError(port));
      else if (this.machines.get(vm.id) !== undefined && ports !== undefined)
        findings.add(
          'published-ports',
          await this.leases.problem({ type: 'vm', id: vm.id }, port, (id) => this.vms.nameOf(id)),
        );
      seen.add(key);
    }
    if ((ports?.length ?? 0) > MAX_PUBLISHED_PORTS)
      findings.add('published-ports', new TooManyError('published ports', MAX_PUBLISHED_PORTS));
  }

  /** Disks are sparse: what they may come to take need not be there now, but the user should know. */
  async #space(vm: Vm, { disks }: SetPlan, findings: PreflightFindings): Promise<string[]> {
    const { diskMib = vm.diskMib, workDiskMib = vm.workDiskMib ?? 0 } = disks;
    const growthMib = diskMib - vm.diskMib + workDiskMib - (vm.workDiskMib ?? 0);
    if (growthMib <= 0) return [];
    const path = this.config.values.stateDirectory;
    const freeBytes = await this.host.freeBytes(path);
    await findings.collect('free-space', () => checkFreeSpace({ path, freeBytes, neededBytes: MIB }));
    const freeMib = Math.floor(freeBytes / MIB);
    if (growthMib <= freeMib) return [];
    return [
      `the disk may come to take ${growthMib} MiB more than now, and ${freeMib} MiB are free in ${path}: ` +
        'the VM is halted when that is used up, until there is room again',
    ];
  }
}
