import { Injectable } from '@nestjs/common';
import type { OperationView, VmCreateParams } from '../../contract/index.js';
import { VmCreateService } from '../lifecycle/create.service.js';
import type { Vm } from '../vm.types.js';
import { applyProject } from './apply-project.js';
import { ProjectReader } from './project-reader.js';

/** Creates VMs as their creator asks for them, and as the project file of the repository wants them otherwise. */
@Injectable()
export class ProjectCreation {
  constructor(
    private readonly reader: ProjectReader,
    private readonly creation: VmCreateService,
  ) {}

  async begin(
    asked: VmCreateParams,
    signal: AbortSignal,
  ): Promise<{ vm: Vm; view: OperationView; finished: Promise<Vm> }> {
    const project = asked.workspace === undefined ? undefined : await this.reader.read(asked.workspace);
    const params = project === undefined ? asked : applyProject(asked, project);
    return this.creation.begin({ params, project }, signal);
  }
}
