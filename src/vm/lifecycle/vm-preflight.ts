import { Injectable } from '@nestjs/common';
import type { WorkspaceSource } from '../../contract/index.js';
import { Config } from '../../core/config/index.js';
import { checkFreeSpace, checkResources, HostFacts } from '../../host/index.js';
import type { BootableImage } from '../../image/index.js';
import { Hypervisor } from '../hypervisor/hypervisor.js';
import { HypervisorUnavailableError, VmNameTakenError, WorkspaceTooLargeError } from '../vm.errors.js';
import { VmRepository } from '../vm.repository.js';
import { WorkspaceImporter } from '../workspace-importer.js';
import type { WorkspacePlan } from '../workspace-importer.js';

export interface PreflightRequest {
  readonly name: string;
  readonly cpus: number;
  readonly memoryMib: number;
  readonly diskMib: number;
  readonly image: BootableImage;
  readonly workspace: WorkspaceSource | undefined;
}

/** What a new VM's disk takes before the guest has written anything of its own: logs, caches, journal. `bytes` */
const FIRST_BOOT_BYTES = 64 * 1024 * 1024;

/** Everything that can be found out before anything is touched. */
@Injectable()
export class VmPreflight {
  constructor(
    private readonly config: Config,
    private readonly host: HostFacts,
    private readonly hypervisor: Hypervisor,
    private readonly importer: WorkspaceImporter,
    private readonly vms: VmRepository,
  ) {}

  /** @returns how the workspace will be imported, when one was asked for */
  async check(request: PreflightRequest, signal: AbortSignal): Promise<WorkspacePlan | undefined> {
    // The insert of the row decides; this only spares a doomed request the rest.
    if (!(await this.vms.nameIsFree(request.name))) throw new VmNameTakenError(request.name);
    checkResources(request, {
      cpus: this.host.cpus(),
      memoryTotalMib: this.host.memory().totalMib,
      imageBytes: request.image.diskBytes,
    });
    const probe = await this.hypervisor.probe();
    if (!probe.available) throw new HypervisorUnavailableError(probe.binary, probe.reason);
    const plan =
      request.workspace === undefined ? undefined : await this.importer.inspect(request.workspace, signal);
    checkRoom(request, plan);
    const path = this.config.values.stateDirectory;
    const neededBytes = FIRST_BOOT_BYTES + (plan?.estimatedBytes ?? 0);
    checkFreeSpace({ path, freeBytes: await this.host.freeBytes(path), neededBytes });
    return plan;
  }
}

const MIB = 1024 * 1024;

/** Known beforehand, it must not be found out by a guest whose disk is full half-way through the import. */
function checkRoom({ diskMib, image }: PreflightRequest, plan: WorkspacePlan | undefined): void {
  if (plan === undefined) return;
  const neededMib = Math.ceil((image.allocatedBytes + FIRST_BOOT_BYTES + plan.estimatedBytes) / MIB);
  if (neededMib > diskMib) throw new WorkspaceTooLargeError(plan.view.hostPath, { diskMib, neededMib });
}
