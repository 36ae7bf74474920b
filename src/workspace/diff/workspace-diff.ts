import { Injectable } from '@nestjs/common';
import type { ChannelGrant, WorkspaceBundleParams, WorkspaceDiffParams } from '../../contract/index.js';
import { InternalError } from '../../core/errors/index.js';
import type { Vm } from '../../vm/index.js';

/** The work of a guest as a file: a patch, or a bundle. */
@Injectable()
export class WorkspaceDiff {
  async patch(
    _vms: { vm: Vm; against: Vm | undefined },
    _params: WorkspaceDiffParams,
  ): Promise<ChannelGrant> {
    throw new InternalError('workspace.diff is not there yet');
  }

  async bundle(_vm: Vm, _params: WorkspaceBundleParams): Promise<ChannelGrant> {
    throw new InternalError('workspace.bundle is not there yet');
  }
}
