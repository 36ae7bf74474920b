import { Injectable } from '@nestjs/common';
import { CapabilityRegistry } from '../../capabilities/index.js';
import type { PublishedPort, RestartPolicy, WorkspaceSource } from '../../contract/index.js';
import type { BootableImage } from '../../image/index.js';
import { Hypervisor } from '../hypervisor/hypervisor.js';
import { VmDisks } from '../vm-disks.js';
import {
  EphemeralRestartError,
  HypervisorUnavailableError,
  VmNameTakenError,
  WorkspaceTooLargeError,
} from '../vm.errors.js';
import { VmRepository } from '../vm.repository.js';
import type { Vm } from '../vm.types.js';
import { WorkspaceImporter } from '../workspace-importer.js';
import type { WorkspacePlan } from '../workspace-importer.js';
import { HostBudget } from './host-budget.js';
import { PreflightFindings } from './preflight-findings.js';

interface StartRequest {
  readonly id: string;
  readonly name: string;
  readonly cpus: number;
  readonly memoryMib: number;
  readonly publishedPorts: readonly PublishedPort[];
}

export interface PreflightRequest extends StartRequest {
  readonly diskMib: number;
  readonly image: BootableImage;
  readonly workDiskMib: number | undefined;
  readonly ephemeral: boolean;
  readonly restartPolicy: RestartPolicy;
  readonly workspace: WorkspaceSource | undefined;
}

/** What a new VM's disk takes before the guest has written anything of its own: logs, caches, journal. `bytes` */
const FIRST_BOOT_BYTES = 64 * 1024 * 1024;

/** What the file system of a work disk takes for itself: journal and tables. `bytes` */
const WORK_TABLES_BYTES = 32 * 1024 * 1024;

/** Everything that can be found out before anything is touched; all that is found is told at once. */
@Injectable()
export class VmPreflight {
  constructor(
    private readonly budget: HostBudget,
    private readonly hypervisor: Hypervisor,
    private readonly importer: WorkspaceImporter,
    private readonly disks: VmDisks,
    private readonly vms: VmRepository,
    private readonly capabilities: CapabilityRegistry,
  ) {}

  /** What will make the disks of a new VM. @throws DiskBackendUnavailableError */
  async diskBackend(): Promise<string> {
    return (await this.disks.choose()).kind;
  }

  /** @returns how the workspace will be imported, when one was asked for */
  async check(request: PreflightRequest, signal: AbortSignal): Promise<WorkspacePlan | undefined> {
    const { workspace, image } = request;
    const findings = new PreflightFindings();
    // The insert of the row decides; this only spares a doomed request the rest.
    if (!(await this.vms.nameIsFree(request.name))) findings.add('name', new VmNameTakenError(request.name));
    await this.budget.check({ ...request, imageBytes: image.diskBytes }, findings);
    if (request.ephemeral && request.restartPolicy !== 'no')
      findings.add('settings', new EphemeralRestartError());
    const plan =
      workspace === undefined
        ? undefined
        : await findings.collect('workspace', () => this.importer.inspect(workspace, signal));
    await findings.collect('work-disk', () => this.disks.checkImage(image, request.workDiskMib));
    await findings.collect('workspace', () => checkRoom(request, plan));
    await this.#host(request, FIRST_BOOT_BYTES + (plan?.estimatedBytes ?? 0), findings, signal);
    findings.check();
    return plan;
  }

  /** For a VM that has been created before: the host may have changed since. */
  async checkStart(vm: Vm, signal: AbortSignal): Promise<void> {
    const findings = new PreflightFindings();
    await this.budget.check({ id: vm.id, cpus: vm.cpus, memoryMib: vm.memoryMib, imageBytes: 0 }, findings);
    await findings.collect('disk', () => this.disks.check(vm));
    await this.#host(vm, FIRST_BOOT_BYTES, findings, signal);
    findings.check();
  }

  async #host(
    request: StartRequest,
    neededBytes: number,
    findings: PreflightFindings,
    signal: AbortSignal,
  ): Promise<void> {
    const probe = await this.hypervisor.probe();
    if (!probe.available)
      findings.add('hypervisor', new HypervisorUnavailableError(probe.binary, probe.reason));
    await findings.collect('free-space', () => this.disks.checkRoom(neededBytes));
    const problems = await this.capabilities.preflight(request, {
      signal,
      // what is worth a remark is remarked on when it happens
      warn: () => undefined,
      nameOf: (id) => this.vms.nameOf(id),
    });
    for (const { id, error } of problems) findings.add(id, error);
  }
}

const MIB = 1024 * 1024;

/** Known beforehand, it must not be found out by a guest whose disk is full half-way through the import. */
function checkRoom({ diskMib, workDiskMib, image }: PreflightRequest, plan: WorkspacePlan | undefined): void {
  if (plan === undefined) return;
  const system = workDiskMib === undefined ? image.allocatedBytes + FIRST_BOOT_BYTES : WORK_TABLES_BYTES;
  const sizes = {
    diskMib: workDiskMib ?? diskMib,
    neededMib: Math.ceil((system + plan.estimatedBytes) / MIB),
    resource: workDiskMib === undefined ? 'disk' : 'work-disk',
  } as const;
  if (sizes.neededMib > sizes.diskMib) throw new WorkspaceTooLargeError(plan.view.hostPath, sizes);
}
