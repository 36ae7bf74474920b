import { Injectable } from '@nestjs/common';
import type { VmWorkspaceView, WorkspaceExportParams, WorkspaceExportView } from '../../contract/index.js';
import { OperationRunner } from '../../core/operations/index.js';
import type { OperationContext } from '../../core/operations/index.js';
import { EXPORTING, GuestAccess, VmChangeRunner } from '../../vm/index.js';
import type { Vm } from '../../vm/index.js';
import { IncomingWork } from '../incoming/incoming-work.js';
import type { Work } from '../incoming/incoming-work.js';
import type { Quarantine } from '../incoming/quarantine.js';
import { withoutUndefined } from '../without-undefined.js';
import { ExportRecords, withoutSuperseded, withRecord } from './export-records.js';
import { RepositoryExport } from './repository-export.js';
import type { ExportPlan } from './repository-export.js';

interface Target {
  readonly vm: Vm;
  readonly workspace: VmWorkspaceView;
  readonly branch: string;
  readonly params: WorkspaceExportParams;
}

/** Brings the work of a guest into the host's repository. */
@Injectable()
export class WorkspaceExport {
  constructor(
    private readonly changes: VmChangeRunner,
    private readonly operations: OperationRunner,
    private readonly records: ExportRecords,
    private readonly access: GuestAccess,
    private readonly incoming: IncomingWork,
    private readonly host: RepositoryExport,
  ) {}

  /** @param signal ends when the caller is gone, and with it the export, unless it has begun to move refs */
  async export(vm: Vm, params: WorkspaceExportParams, signal: AbortSignal): Promise<WorkspaceExportView> {
    const change = { vm, kind: 'workspace.export', action: EXPORTING };
    const { view, finished } = await this.changes.begin(change, async (operation) => {
      const found = await this.records.find(vm.id, params.at);
      const branch = params.branch ?? `banger/${found.vm.name}`;
      return this.#export({ ...found, branch, params }, operation);
    });
    const cancel = (): void => void this.operations.cancel(view.id).catch(() => undefined);
    signal.addEventListener('abort', cancel, { once: true });
    if (signal.aborted) cancel();
    try {
      return await finished;
    } finally {
      signal.removeEventListener('abort', cancel);
    }
  }

  async #export(target: Target, operation: OperationContext): Promise<WorkspaceExportView> {
    const { vm, workspace, branch, params } = target;
    const repository = await this.host.find(workspace.hostPath, params.to, operation.signal);
    await this.host.requirePossible(repository, branch, operation.signal);
    const ssh = await this.access.connect(vm, operation.signal);
    return this.incoming.within(repository, operation.signal, async (quarantine, signal, scratch) => {
      const committedOnly = params.committedOnly ?? false;
      const work = await operation.step('workspace.receive', 'receiving the work', async (step) => {
        const progress = (bytes: number): void => step.detail(`${Math.ceil(bytes / 1024)} KiB`);
        return this.incoming.receive(quarantine, { vm, workspace, ssh, committedOnly, progress }, signal);
      });
      const plan = await this.#bring(target, { quarantine, work, scratch, signal }, operation);
      for (const warning of [...work.warnings, ...plan.warnings]) operation.warn(warning);
      return viewOf(target, repository.top, work, plan);
    });
  }

  async #bring(
    target: Target,
    {
      quarantine,
      work,
      ...within
    }: { quarantine: Quarantine; work: Work; scratch: string; signal: AbortSignal },
    operation: OperationContext,
  ): Promise<ExportPlan> {
    const { vm, workspace, branch, params } = target;
    const request = { vm, exports: workspace.exports, branch, merge: params.merge ?? false };
    const plan = await this.host.plan(quarantine, work, request, within);
    if (plan.tip === undefined) return plan;
    const { tip } = plan;
    await operation.step('workspace.deliver', 'bringing it to the repository of the host', () =>
      this.host.deliver(quarantine, work, plan, within),
    );
    const what =
      plan.merge === undefined ? `moving the branch ${branch}` : `merging it and moving the branch ${branch}`;
    await operation.step('workspace.move', what, () =>
      this.#move(target, { quarantine, scratch: within.scratch }, { ...plan, tip }),
    );
    return plan;
  }

  /** The intent is on record first: a branch that was moved when the daemon died is still banger's. */
  async #move(
    target: Target,
    { quarantine, scratch }: { quarantine: Quarantine; scratch: string },
    plan: ExportPlan & { tip: string },
  ): Promise<void> {
    const { vm, workspace, branch } = target;
    const before = workspace.exports ?? [];
    const { top } = quarantine.repository;
    const elsewhere = top === workspace.hostPath ? {} : { repository: top };
    const record = { branch, commit: plan.tip, at: new Date().toISOString(), ...elsewhere };
    const intended = withRecord(before, record);
    await this.#note(target, intended);
    try {
      await this.host.move(quarantine.repository, { vm: vm.name, scratch }, plan);
    } catch (error) {
      await this.#note(target, before);
      throw error;
    }
    if (plan.outcome === 'updated') await this.#note(target, withoutSuperseded(intended, plan.from));
  }

  async #note({ vm, workspace }: Target, exports: NonNullable<VmWorkspaceView['exports']>): Promise<void> {
    await this.records.write(vm.id, workspace.guestPath, exports);
  }
}

function viewOf(
  { vm, branch }: Target,
  repository: string,
  work: Work,
  plan: ExportPlan,
): WorkspaceExportView {
  const { outcome, tip, merge } = plan;
  return withoutUndefined({
    vm: vm.name,
    repository,
    outcome,
    branch,
    commit: tip,
    tree: tip === undefined ? undefined : work.tree,
    commits: tip === undefined ? 0 : work.commits,
    uncommitted: tip !== undefined && work.uncommitted,
    files: plan.files,
    merged: merge && withoutUndefined({ into: merge.into, commit: merge.commit, kind: merge.kind }),
    warnings: [...work.warnings, ...plan.warnings],
  });
}
