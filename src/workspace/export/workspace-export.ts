import { Injectable } from '@nestjs/common';
import type { WorkspaceExportParams, WorkspaceExportView } from '../../contract/index.js';
import { InternalError } from '../../core/errors/index.js';
import type { Vm } from '../../vm/index.js';

/** Brings the work of a guest into the host's repository. */
@Injectable()
export class WorkspaceExport {
  async export(_vm: Vm, _params: WorkspaceExportParams, _signal: AbortSignal): Promise<WorkspaceExportView> {
    throw new InternalError('workspace.export is not there yet');
  }
}
