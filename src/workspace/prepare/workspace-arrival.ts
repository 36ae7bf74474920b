import { Inject, Injectable } from '@nestjs/common';
import type { VmWorkspaceView, WorkspaceSource } from '../../contract/index.js';
import { applyProjectWorkspace } from '../../vm/index.js';
import type { ImportProgress, Project, Vm, WorkspacePlan } from '../../vm/index.js';
import { GUEST_BASE } from '../import/git-workspace-importer.js';
import { translateFailure } from '../import/send-whole.js';
import { OutgoingRepositories } from '../import/outgoing.js';
import { workspaceView } from '../import/workspace-view.js';
import { RepositoryFinder } from '../repository/repository-finder.js';
import type { Repository } from '../repository/repository-finder.js';
import { WorkspaceTargetTakenError } from '../workspace.errors.js';
import { withoutUndefined } from '../without-undefined.js';
import { lookUp } from './haves.js';
import { WorkspaceUpdate } from './workspace-update.js';
import type { UpdateRequest, UpdateResult } from './workspace-update.js';

/** What is to come, and from where. */
export interface ArrivalPlan extends Pick<WorkspacePlan, 'source' | 'view'> {
  readonly repository: Repository;
}

export type Arrived = UpdateResult & { readonly workspace: VmWorkspaceView };

/** Imports a repository into a guest, or what is new in it when it is there. */
@Injectable()
export class WorkspaceArrival {
  constructor(
    private readonly finder: RepositoryFinder,
    private readonly outgoing: OutgoingRepositories,
    private readonly update: WorkspaceUpdate,
    @Inject(GUEST_BASE) private readonly guestBase: string,
  ) {}

  /** What is not asked for is as the VM has it at that place already, or else as the project file wants it. */
  async plan(
    { name, workspaces }: Pick<Vm, 'name' | 'workspaces'>,
    { source, project }: { source: WorkspaceSource; project: Project | undefined },
    signal: AbortSignal,
  ): Promise<{ plan: ArrivalPlan; existing: VmWorkspaceView | undefined }> {
    const complete = (asked: WorkspaceSource): WorkspaceSource =>
      project === undefined ? asked : applyProjectWorkspace(asked, project);
    const first = complete(source);
    const repository = await this.finder.find(first.path, signal);
    const { guestPath } = this.#view(repository, first);
    const existing = workspaces.find((each) => each.guestPath === guestPath);
    if (existing === undefined) return { plan: this.#planOf(repository, first), existing };
    if (!(await this.#isSameRepository(repository, existing, signal)))
      throw new WorkspaceTargetTakenError(name, existing.guestPath, existing.hostPath);
    const again = Object.assign({}, remembered(existing, source), withoutUndefined(source));
    return { plan: this.#planOf(repository, complete(again)), existing };
  }

  #planOf(repository: Repository, source: WorkspaceSource): ArrivalPlan {
    return { repository, source, view: this.#view(repository, source) };
  }

  /** Without commit and branch, which are those of the moment when it is read. */
  #view(repository: Repository, source: WorkspaceSource): VmWorkspaceView {
    return workspaceView(repository, {}, source, { base: this.guestBase });
  }

  /** One that was moved on the host still has the commit. */
  async #isSameRepository(
    { top, git }: Repository,
    { hostPath, head }: VmWorkspaceView,
    signal: AbortSignal,
  ): Promise<boolean> {
    if (top === hostPath) return true;
    if (head === undefined) return false;
    return (await lookUp(git, [head], signal)).has(head);
  }

  /** @throws WORKSPACE_TARGET_TAKEN, WORKSPACE_HAS_WORK, WORKSPACE_IMPORT_FAILED */
  async bring(
    plan: ArrivalPlan,
    request: UpdateRequest,
    step: ImportProgress,
    signal: AbortSignal,
  ): Promise<Arrived> {
    const { repository } = plan;
    try {
      step.detail('reading the repository');
      return await this.outgoing.within(repository, plan, signal, async (outgoing) => {
        const result = await this.update.run(outgoing, request, step, signal);
        return { ...result, workspace: outgoing.view, warnings: [...outgoing.warnings, ...result.warnings] };
      });
    } catch (error) {
      throw translateFailure(error, repository.top, signal);
    }
  }
}

/** What the repository was asked to be like there when it came, where it is not asked for otherwise. */
function remembered(
  { mode, readonly, exclude, includeUntracked, branch, ownBranch }: VmWorkspaceView,
  { from }: WorkspaceSource,
): Partial<WorkspaceSource> {
  const stays = ownBranch === true && from === undefined ? branch : undefined;
  return withoutUndefined({ mode, readonly, exclude, includeUntracked, branch: stays });
}
