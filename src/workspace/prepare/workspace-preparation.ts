import { Injectable } from '@nestjs/common';
import type { VmWorkspaceView, WorkspacePrepareParams, WorkspacePrepareView } from '../../contract/index.js';
import type { OperationContext } from '../../core/operations/index.js';
import { GuestAccess, VmChangeRunner, VmRepository } from '../../vm/index.js';
import type { Vm } from '../../vm/index.js';
import { withoutUndefined } from '../without-undefined.js';
import { WorkspaceArrival } from './workspace-arrival.js';
import type { UpdateResult } from './workspace-update.js';

/** Brings a repository of the host into a VM that runs, or what is new in it. */
@Injectable()
export class WorkspacePreparation {
  constructor(
    private readonly changes: VmChangeRunner,
    private readonly access: GuestAccess,
    private readonly vms: VmRepository,
    private readonly arrival: WorkspaceArrival,
  ) {}

  /** @throws WORKSPACE_TARGET_TAKEN, WORKSPACE_HAS_WORK, WORKSPACE_IMPORT_FAILED, VM_WRONG_STATE, VM_BUSY */
  async prepare(vm: Vm, params: WorkspacePrepareParams, signal: AbortSignal): Promise<WorkspacePrepareView> {
    const { vm: _vm, force = false, ...source } = params;
    const change = { vm, kind: 'workspace.prepare', action: 'preparing its repository' };
    return this.changes.run(change, async (operation) => {
      const stop = AbortSignal.any([signal, operation.signal]);
      const current = await this.vms.require(vm.id);
      const ssh = await this.access.connect(current, stop);
      const { plan, existing } = await this.arrival.plan(current, source, stop);
      const guest = { vm: current.name, ssh };
      const request = { guest, existing, force };
      const { workspace, ...result } = await operation.step(
        'workspace.prepare',
        'bringing the repository into the VM',
        (step) => this.arrival.bring(plan, request, step, stop),
      );
      const noted = await this.#note(current, workspace, existing);
      return viewOf(current, noted, result, operation);
    });
  }

  async #note(
    { id }: Vm,
    workspace: VmWorkspaceView,
    existing: VmWorkspaceView | undefined,
  ): Promise<VmWorkspaceView> {
    const { exports, projectFile } = existing ?? {};
    const noted = Object.assign(workspace, withoutUndefined({ exports, projectFile }));
    const { workspaces } = await this.vms.require(id);
    const isIt = ({ guestPath }: VmWorkspaceView): boolean => guestPath === noted.guestPath;
    const all = workspaces.some(isIt)
      ? workspaces.map((each) => (isIt(each) ? noted : each))
      : [...workspaces, noted];
    await this.vms.update(id, { workspaces: all });
    return noted;
  }
}

function viewOf(
  { name }: Vm,
  workspace: VmWorkspaceView,
  { unchanged, savedBranch, stashed, warnings }: UpdateResult,
  operation: OperationContext,
): WorkspacePrepareView {
  for (const warning of warnings) operation.warn(warning);
  return {
    vm: name,
    workspace,
    unchanged,
    ...(savedBranch !== undefined && { savedBranch }),
    ...(stashed === true && { stashed }),
    warnings: [...warnings],
  };
}
