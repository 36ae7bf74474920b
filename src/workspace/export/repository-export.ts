import { Injectable } from '@nestjs/common';
import type { VmWorkspaceView, WorkspaceExportView } from '../../contract/index.js';
import type { Vm } from '../../vm/index.js';
import { isKind } from '../../core/errors/index.js';
import type { Work } from '../incoming/incoming-work.js';
import type { Quarantine } from '../incoming/quarantine.js';
import { RepositoryFinder } from '../repository/repository-finder.js';
import type { Repository } from '../repository/repository-finder.js';
import { WorkspaceFiles } from '../repository/workspace-files.adapter.js';
import { WorkspaceRepositoryUnusableError } from '../workspace.errors.js';
import { applyCheckout } from './apply-checkout.js';
import { changedFiles } from './changed-files.js';
import { deliverObjects, durable } from './deliver-objects.js';
import { WorkspaceBranchTakenError } from './export.errors.js';
import {
  branchAt,
  BRANCHES,
  requireNotCheckedOut,
  requireOwnBranch,
  requirePossibleBranch,
} from './host-branch.js';
import { HostCheckout } from './host-checkout.js';
import type { CheckoutPlan } from './host-checkout.js';
import { hostFailure } from '../repository/host-failure.js';
import { planMerge } from './merge-plan.js';

export interface ExportRequest {
  readonly vm: Pick<Vm, 'name' | 'gitName' | 'gitEmail'>;
  readonly exports: VmWorkspaceView['exports'];
  readonly branch: string;
  readonly merge: boolean;
}

/** What is to be done in the host's repository; everything that could refuse it has been asked. */
export interface ExportPlan {
  readonly outcome: WorkspaceExportView['outcome'];
  readonly branch: string;
  readonly tip?: string;
  /** where the branch is */
  readonly from?: string;
  readonly merge?: CheckoutPlan;
  /** how many files differ from the base */
  readonly files: number;
  readonly warnings: readonly string[];
}

/** Nothing that has begun to write index, files and refs is stopped half-way. */
const NEVER = new AbortController().signal;

/** The way of a guest's work from the quarantine into the host's repository. */
@Injectable()
export class RepositoryExport {
  constructor(
    private readonly finder: RepositoryFinder,
    private readonly files: WorkspaceFiles,
  ) {}

  /** @param to where the user says that it is @throws WorkspaceRepositoryUnusableError */
  async find(hostPath: string, to: string | undefined, signal: AbortSignal): Promise<Repository> {
    const path = to ?? hostPath;
    const moved = 'name the repository where it is now: --to PATH';
    try {
      const repository = await this.finder.find(path, signal);
      if (to !== undefined || repository.top === hostPath) return repository;
      throw new WorkspaceRepositoryUnusableError(path, 'there is no repository any more', { fix: moved });
    } catch (error) {
      if (!isKind(error, 'WORKSPACE_PATH_INVALID') && !isKind(error, 'WORKSPACE_NOT_A_REPOSITORY'))
        throw error;
      throw new WorkspaceRepositoryUnusableError(path, error.why ?? error.message, {
        fix: moved,
        cause: error,
      });
    }
  }

  /** What can be refused before the guest is asked for anything. */
  async requirePossible(repository: Repository, branch: string, signal: AbortSignal): Promise<void> {
    await requirePossibleBranch(repository, branch, this.files, signal);
  }

  /** Writes nothing but the quarantine. */
  async plan(
    quarantine: Quarantine,
    work: Work,
    { vm, exports, branch, merge }: ExportRequest,
    { scratch, signal }: { scratch: string; signal: AbortSignal },
  ): Promise<ExportPlan> {
    const { repository } = quarantine;
    const { tip } = work;
    if (tip === undefined || work.commits === 0) {
      const old = await branchAt(repository, branch, signal);
      const warnings = old === undefined ? [] : [`the branch ${branch} stays where it is`];
      return { outcome: 'nothing', branch, files: 0, warnings };
    }
    try {
      const [from, changed] = await Promise.all([
        requireOwnBranch(repository, { branch, tip, ...(exports && { exports }) }, signal),
        changedFiles(quarantine, work, signal),
      ]);
      const outcome = from === undefined ? 'created' : from === tip ? 'unchanged' : 'updated';
      const plan = { outcome, branch, tip, ...(from !== undefined && { from }), ...changed } as const;
      if (!merge) return plan;
      const checkout = await HostCheckout.open(quarantine, this.files, scratch, signal);
      const head = await this.finder.head(repository, signal);
      const merged = await planMerge(quarantine, { head, vm, branch, tip }, signal);
      const prepared = await checkout.prepare(merged, signal);
      return { ...plan, merge: prepared, warnings: [...changed.warnings, ...prepared.warnings] };
    } catch (error) {
      throw hostFailure(error, repository.top);
    }
  }

  /** Objects, which nobody sees yet; it can be cancelled. */
  async deliver(
    quarantine: Quarantine,
    { base }: Work,
    { tip, merge }: ExportPlan,
    { scratch, signal }: { scratch: string; signal: AbortSignal },
  ): Promise<void> {
    if (tip === undefined) return;
    const commits = merge === undefined ? [tip] : [tip, merge.commit];
    try {
      await deliverObjects(quarantine, this.files, { commits, base, scratch }, signal);
    } catch (error) {
      throw hostFailure(error, quarantine.repository.top);
    }
  }

  /** What is checked out, where that is wanted, and the branch: last, so that a repeat finishes what was cut off. */
  async move(
    repository: Repository,
    { vm, scratch }: { vm: string; scratch: string },
    { branch, tip, from, merge, outcome }: ExportPlan,
  ): Promise<void> {
    if (tip === undefined) return;
    const reason = `banger: work of VM ${vm}`;
    try {
      // Asked again: to bring objects over can take minutes.
      if (outcome !== 'unchanged') await requireNotCheckedOut(repository, branch, NEVER);
      if (merge !== undefined && merge.kind !== 'none')
        await applyCheckout({ repository, files: this.files, scratch }, merge, reason, NEVER);
      if (outcome !== 'unchanged') await this.#moveBranch(repository, { branch, tip, from }, reason);
    } catch (error) {
      throw hostFailure(error, repository.top);
    }
  }

  /** Only from where it was when everything was decided. */
  async #moveBranch(
    repository: Repository,
    { branch, tip, from }: { branch: string; tip: string; from: string | undefined },
    reason: string,
  ): Promise<void> {
    const old = from ?? '0'.repeat(tip.length);
    const args = ['update-ref', '--no-deref', '-m', reason, BRANCHES + branch, tip, old];
    try {
      await durable(repository.git).run(args, { signal: NEVER });
    } catch (error) {
      const found = await branchAt(repository, branch, NEVER);
      if (found === undefined || found === from) throw error;
      const expected = from === undefined ? {} : { expected: from };
      throw new WorkspaceBranchTakenError({ path: repository.top, branch, found, ...expected });
    }
  }
}
