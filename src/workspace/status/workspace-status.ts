import { Injectable } from '@nestjs/common';
import type { WorkspaceRef, WorkspaceStatusView } from '../../contract/index.js';
import { InternalError } from '../../core/errors/index.js';
import type { Vm } from '../../vm/index.js';

/** What was done in a repository of a VM, and on the host meanwhile. */
@Injectable()
export class WorkspaceStatus {
  async status(_vm: Vm, _params: WorkspaceRef, _signal: AbortSignal): Promise<WorkspaceStatusView> {
    throw new InternalError('workspace.status is not there yet');
  }
}
