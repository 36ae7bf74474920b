import { Injectable } from '@nestjs/common';
import type { WorkspaceRef, WorkspaceStatusView } from '../../contract/index.js';
import { TimeoutError } from '../../core/errors/index.js';
import { GuestAccess } from '../../vm/index.js';
import type { Vm } from '../../vm/index.js';
import { WorkspaceFinder } from '../workspace-finder.js';
import { StatusReader } from './status-reader.js';

/** `ms`; an emulated guest takes half a minute to look at 100,000 files */
const LIMIT_MS = 5 * 60_000;

/** What was done in a repository of a VM, and on the host meanwhile. */
@Injectable()
export class WorkspaceStatus {
  constructor(
    private readonly access: GuestAccess,
    private readonly workspaces: WorkspaceFinder,
    private readonly reader: StatusReader,
  ) {}

  /** @throws WorkspaceNotFoundError, WorkspaceWorkUnreadableError, VmWrongStateError, TimeoutError */
  async status(vm: Vm, { at }: WorkspaceRef, signal: AbortSignal): Promise<WorkspaceStatusView> {
    const workspace = this.workspaces.require(vm, at);
    const limit = new AbortController();
    const timer = setTimeout(
      () => limit.abort(new TimeoutError('looking at the repository', LIMIT_MS)),
      LIMIT_MS,
    );
    const stop = AbortSignal.any([signal, limit.signal]);
    try {
      const ssh = await this.access.connect(vm, stop);
      return await this.reader.read({ vm: vm.name, workspace, ssh }, stop);
    } finally {
      clearTimeout(timer);
    }
  }
}
