import { Injectable } from '@nestjs/common';
import type { OperationContext } from '../../core/operations/index.js';
import type { Project } from '../project/project-reader.js';
import { Templates } from '../templates/templates.js';
import { VmRepository } from '../vm.repository.js';
import type { Vm } from '../vm.types.js';
import type { CreateRequest } from './create-request.js';
import { FirstStart } from './first-start.js';
import { MachineTeardown } from './machine-teardown.js';
import { WorkspaceStep } from './workspace-step.js';

/** The steps of a creation, in order. Its rollback removes the VM whole: a failed creation leaves nothing behind. */
@Injectable()
export class CreateSteps {
  constructor(
    private readonly start: FirstStart,
    private readonly templates: Templates,
    private readonly workspaces: WorkspaceStep,
    private readonly teardown: MachineTeardown,
    private readonly vms: VmRepository,
  ) {}

  async run(request: CreateRequest, operation: OperationContext): Promise<Vm> {
    operation.rollback.add('the VM', async () => {
      await this.vms.transition(request.vm, 'deleting');
      await this.teardown.destroy(request.vm);
    });
    const { workspace: plan, project } = request;
    if (project !== undefined) await tellProject(project, operation);
    const { vm, booted } = await this.start.run(request, operation);
    if (plan !== undefined) await this.workspaces.run(vm, { plan, project }, operation);
    const ready = await operation.step('vm.ready', 'ready', () => this.vms.transition(vm, 'running'));
    if (booted) void this.templates.seed(vm, request.image);
    return ready;
  }
}

/** Nobody is to wonder where a VM has its size or its ports from. */
async function tellProject(
  { file, settings, files, setup, workspace }: Project,
  operation: OperationContext,
): Promise<void> {
  await operation.step('project.use', `using ${file}`, async (step) => {
    const more = [
      files.length > 0 && 'files',
      setup !== undefined && 'setup',
      workspace !== undefined && 'workspace',
    ].filter((name) => name !== false);
    step.detail([...Object.keys(settings), ...more].join(', '));
  });
}
