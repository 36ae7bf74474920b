import { Injectable } from '@nestjs/common';
import { CapabilityRegistry } from '../../capabilities/index.js';
import type { VmForkParams, VmSnapshotCopyParams } from '../../contract/index.js';
import { Hypervisor } from '../hypervisor/hypervisor.js';
import { freeVmName } from '../identity/random-identity.js';
import { HostBudget } from '../lifecycle/host-budget.js';
import { PreflightFindings } from '../lifecycle/preflight-findings.js';
import { VmDisks } from '../vm-disks.js';
import { HypervisorUnavailableError, VmNameTakenError } from '../vm.errors.js';
import { assertLegal } from '../vm.methods.js';
import { VmRepository } from '../vm.repository.js';
import type { Vm } from '../vm.types.js';
import { forkNames } from './fork-names.js';
import type { ForkName } from './fork-names.js';
import {
  ForkOfReadonlyRepositoryError,
  ForkWithoutRepositoryError,
  PausedForkWithBranchError,
} from './fork.errors.js';

const MIB = 1024 * 1024;
/** `bytes` that a copy's disk takes before its guest has written anything more */
const DISK_BYTES = 16 * MIB;

/** Everything about copies that can be found out before a VM is made to stand still for them. */
@Injectable()
export class CopyPreflight {
  constructor(
    private readonly hypervisor: Hypervisor,
    private readonly budget: HostBudget,
    private readonly disks: VmDisks,
    private readonly vms: VmRepository,
    private readonly capabilities: CapabilityRegistry,
  ) {}

  /** @returns the copies' names and branches @throws PreflightFailedError, or the one thing that stands against it */
  async check(
    parent: Vm,
    { count = 1, name, branch, paused }: Omit<VmForkParams, 'vm'>,
  ): Promise<ForkName[]> {
    assertLegal('vm.fork', parent);
    if (branch !== undefined) checkBranch(parent, paused === true);
    const taken = new Set((await this.vms.list()).map((vm) => vm.name));
    const names = forkNames(parent.name, { patterns: { name, branch }, count, taken });
    const findings = new PreflightFindings();
    for (const one of names) if (taken.has(one.name)) findings.add('name', new VmNameTakenError(one.name));
    const bytes = parent.memoryMib * MIB + count * DISK_BYTES;
    await findings.collect('free-space', () => this.disks.checkRoom(bytes));
    if (paused !== true)
      await findings.collect('memory', () => this.budget.checkMemory(parent.memoryMib * count));
    this.#hypervisor(findings);
    findings.check();
    return names;
  }

  /** For one that begins as a snapshot. @returns its name @throws as `check` */
  async checkOne(
    { memoryMib }: Pick<Vm, 'memoryMib'>,
    { name, publishedPorts }: Pick<VmSnapshotCopyParams, 'name' | 'publishedPorts'>,
    signal: AbortSignal,
  ): Promise<string> {
    const findings = new PreflightFindings();
    if (name !== undefined && !(await this.vms.nameIsFree(name)))
      findings.add('name', new VmNameTakenError(name));
    await findings.collect('free-space', () => this.disks.checkRoom(DISK_BYTES));
    await findings.collect('memory', () => this.budget.checkMemory(memoryMib));
    const vm = { id: '', name: name ?? '', publishedPorts: publishedPorts ?? [] };
    const problems = await this.capabilities.preflight(vm, {
      signal,
      warn: () => undefined,
      nameOf: (id) => this.vms.nameOf(id),
    });
    for (const { id, error } of problems) findings.add(id, error);
    findings.check();
    return name ?? (await freeVmName((one) => this.vms.nameIsFree(one)));
  }

  #hypervisor(findings: PreflightFindings): void {
    if (!this.hypervisor.features.liveSnapshots)
      findings.add(
        'hypervisor',
        new HypervisorUnavailableError(
          this.hypervisor.kind,
          'it cannot keep what a machine is while it runs',
        ),
      );
  }
}

function checkBranch({ name, workspaces: [first] }: Vm, paused: boolean): void {
  if (first === undefined) throw new ForkWithoutRepositoryError(name);
  if (first.readonly === true) throw new ForkOfReadonlyRepositoryError(name, first.guestPath);
  if (paused) throw new PausedForkWithBranchError();
}
