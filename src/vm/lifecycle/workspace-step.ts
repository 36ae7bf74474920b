import { Injectable } from '@nestjs/common';
import type { OperationContext } from '../../core/operations/index.js';
import { GuestAccess } from '../access/guest-access.js';
import { VmRepository } from '../vm.repository.js';
import type { Vm } from '../vm.types.js';
import { ProjectStep } from '../project/project-step.js';
import type { Project } from '../project/project-reader.js';
import { WorkspaceSetup } from '../project/workspace-setup.js';
import { WorkspaceImporter } from '../workspace-importer.js';
import type { WorkspacePlan } from '../workspace-importer.js';

/** Brings a repository into a running guest, notes where it is, and does what its project file wants. */
@Injectable()
export class WorkspaceStep {
  constructor(
    private readonly importer: WorkspaceImporter,
    private readonly access: GuestAccess,
    private readonly vms: VmRepository,
    private readonly projects: ProjectStep,
    private readonly setups: WorkspaceSetup,
  ) {}

  async run(
    vm: Vm,
    { plan, project }: { plan: WorkspacePlan; project: Project | undefined },
    operation: OperationContext,
  ): Promise<void> {
    const { warnings, ...workspace } = await operation.step(
      'workspace.import',
      'importing the repository',
      async (step) => {
        const ssh = await this.access.connect(vm, operation.signal);
        return this.importer.import(plan, { vm: vm.name, ssh }, step, operation.signal);
      },
    );
    for (const warning of warnings) operation.warn(warning);
    const used = project === undefined ? {} : { projectFile: project.file };
    await this.vms.update(vm.id, { workspaces: [{ ...workspace, ...used }] });
    if (project !== undefined) await this.projects.run(vm, project, workspace.guestPath, operation);
    const setup = project?.workspace?.setup;
    if (setup !== undefined) await this.setups.run(vm, { guestPath: workspace.guestPath, setup }, operation);
  }
}
