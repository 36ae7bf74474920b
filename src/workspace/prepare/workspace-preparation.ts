import { Injectable } from '@nestjs/common';
import type { WorkspacePrepareParams, WorkspacePrepareView } from '../../contract/index.js';
import { InternalError } from '../../core/errors/index.js';
import type { Vm } from '../../vm/index.js';

/** Brings a repository of the host into a VM that runs, or what is new in it. */
@Injectable()
export class WorkspacePreparation {
  async prepare(
    _vm: Vm,
    _params: WorkspacePrepareParams,
    _signal: AbortSignal,
  ): Promise<WorkspacePrepareView> {
    throw new InternalError('workspace.prepare is not there yet');
  }
}
