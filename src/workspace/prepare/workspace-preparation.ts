import { Injectable } from '@nestjs/common';
import type {
  VmWorkspaceView,
  WorkspacePrepareParams,
  WorkspacePrepareView,
  WorkspaceSetupView,
} from '../../contract/index.js';
import {
  GuestAccess,
  PREPARING,
  ProjectReader,
  VmChangeRunner,
  VmRepository,
  WorkspaceSetup,
} from '../../vm/index.js';
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
    private readonly projects: ProjectReader,
    private readonly setups: WorkspaceSetup,
  ) {}

  /** @throws WORKSPACE_TARGET_TAKEN, WORKSPACE_HAS_WORK, WORKSPACE_IMPORT_FAILED, VM_WRONG_STATE, VM_BUSY */
  async prepare(vm: Vm, params: WorkspacePrepareParams, signal: AbortSignal): Promise<WorkspacePrepareView> {
    const { vm: _vm, force = false, ...source } = params;
    const project = await this.projects.read(source);
    const change = { vm, kind: 'workspace.prepare', action: PREPARING };
    return this.changes.run(change, async (operation) => {
      const stop = AbortSignal.any([signal, operation.signal]);
      const current = await this.vms.require(vm.id);
      const ssh = await this.access.connect(current, stop);
      const { plan, existing } = await this.arrival.plan(current, { source, project }, stop);
      const guest = { vm: current.name, ssh };
      const request = { guest, existing, force };
      const { workspace, ...result } = await operation.step(
        'workspace.prepare',
        'bringing the repository into the VM',
        (step) => this.arrival.bring(plan, request, step, stop),
      );
      const noted = await this.#note(current, workspace, { existing, projectFile: project?.file });
      for (const warning of result.warnings) operation.warn(warning);
      const command = result.unchanged ? undefined : project?.workspace?.setup;
      const { guestPath } = noted;
      const setup =
        command === undefined
          ? undefined
          : await this.setups.run(current, { guestPath, setup: command }, operation);
      return viewOf(current, noted, result, setup);
    });
  }

  async #note(
    { id }: Vm,
    workspace: VmWorkspaceView,
    { existing, projectFile }: { existing: VmWorkspaceView | undefined; projectFile: string | undefined },
  ): Promise<VmWorkspaceView> {
    const { exports } = existing ?? {};
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
  setup: WorkspaceSetupView | undefined,
): WorkspacePrepareView {
  return {
    vm: name,
    workspace,
    unchanged,
    ...(savedBranch !== undefined && { savedBranch }),
    ...(stashed === true && { stashed }),
    ...(setup !== undefined && { setup }),
    warnings: [...warnings],
  };
}
