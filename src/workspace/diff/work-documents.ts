import { pipeline } from 'node:stream/promises';
import type { Writable } from 'node:stream';
import { Inject, Injectable } from '@nestjs/common';
import type { DiffFormat } from '../../contract/index.js';
import { isKind } from '../../core/errors/index.js';
import { emptyTree } from '../incoming/empty-tree.js';
import { INCOMING_LIMITS } from '../incoming/incoming-limits.js';
import type { IncomingLimits } from '../incoming/incoming-limits.js';
import { IncomingWork } from '../incoming/incoming-work.js';
import type { Work, WorkRequest } from '../incoming/incoming-work.js';
import type { Quarantine } from '../incoming/quarantine.js';
import { RepositoryFinder } from '../repository/repository-finder.js';
import type { Repository } from '../repository/repository-finder.js';
import { WorkspaceFiles } from '../repository/workspace-files.adapter.js';
import {
  WorkspaceNoWorkError,
  WorkspaceRepositoryUnusableError,
  WorkspaceUnrelatedError,
} from '../workspace.errors.js';
import { writeBundle, writeDiff } from './write-document.js';
import type { DocumentTarget } from './write-document.js';

export interface DiffRequest {
  readonly of: WorkRequest;
  /** another VM's; its base when left out */
  readonly against: WorkRequest | undefined;
  readonly format: DiffFormat;
}

type WriteDocument = (
  quarantine: Quarantine,
  target: Pick<DocumentTarget, 'file' | 'limits'>,
  signal: AbortSignal,
) => Promise<void>;

/**
 * The work of guests as one document. git writes it into a file in a scratch directory, from where it flows on: the
 * daemon never holds it whole, and what failed has sent nothing.
 */
@Injectable()
export class WorkDocuments {
  constructor(
    private readonly repositories: RepositoryFinder,
    private readonly incoming: IncomingWork,
    private readonly files: WorkspaceFiles,
    @Inject(INCOMING_LIMITS) private readonly limits: IncomingLimits,
  ) {}

  /** @param to is ended @throws WorkspaceUnrelatedError, and what IncomingWork throws */
  async diff({ of, against, format }: DiffRequest, to: Writable, signal: AbortSignal): Promise<void> {
    const repository = await this.#repository(of, signal);
    if (against !== undefined) await this.#requireSame(repository, of, against, signal);
    await this.#send(repository, to, signal, async (quarantine, target, stop) => {
      const work = await this.incoming.receive(quarantine, of, stop);
      const other = against && (await this.incoming.receive(quarantine, against, stop));
      const between =
        other === undefined
          ? ([await baseOf(quarantine, of, work, stop), work.tree] as const)
          : ([work.tree, other.tree] as const);
      await writeDiff(quarantine, { between, format }, { vm: of.vm.name, ...target }, stop);
    });
  }

  /** @param to is ended @throws WorkspaceNoWorkError, and what IncomingWork throws */
  async bundle(
    { of, branch }: { of: WorkRequest; branch: string },
    to: Writable,
    signal: AbortSignal,
  ): Promise<void> {
    const repository = await this.#repository(of, signal);
    await this.#send(repository, to, signal, async (quarantine, target, stop) => {
      const { tip, base, commits } = await this.incoming.receive(quarantine, of, stop);
      if (tip === undefined || commits === 0)
        throw new WorkspaceNoWorkError(of.vm.name, of.workspace.guestPath);
      await writeBundle(quarantine, { branch, tip, base }, { vm: of.vm.name, ...target }, stop);
    });
  }

  async #repository({ workspace, vm }: WorkRequest, signal: AbortSignal): Promise<Repository> {
    const { hostPath, guestPath } = workspace;
    try {
      return await this.repositories.find(hostPath, signal);
    } catch (error) {
      if (!isKind(error, 'WORKSPACE_PATH_INVALID') && !isKind(error, 'WORKSPACE_NOT_A_REPOSITORY'))
        throw error;
      throw new WorkspaceRepositoryUnusableError(hostPath, error.why ?? error.message, {
        fix: `put it back where it was, or bring the work to where it is: banger workspace export ${vm.name} --at ${guestPath} --to PATH`,
        cause: error,
      });
    }
  }

  async #send(
    repository: Repository,
    to: Writable,
    signal: AbortSignal,
    write: WriteDocument,
  ): Promise<void> {
    await this.incoming.within(repository, signal, async (quarantine, stop, scratch) => {
      const file = `${scratch}/document`;
      await write(quarantine, { file, limits: this.limits }, stop);
      const { stream } = await this.files.openPack(file, repository.git.user);
      await pipeline(stream, to, { signal: stop });
    });
  }

  /** Working trees of one repository count as the same: what one of them has the others have. */
  async #requireSame(
    { commonDirectory }: Repository,
    of: WorkRequest,
    against: WorkRequest,
    signal: AbortSignal,
  ): Promise<void> {
    const [path, other] = [of.workspace.hostPath, against.workspace.hostPath];
    if (path === other) return;
    const found = await this.#repository(against, signal);
    if (found.commonDirectory === commonDirectory) return;
    throw new WorkspaceUnrelatedError({ vm: of.vm.name, path }, { vm: against.vm.name, path: other });
  }
}

/** Where the guest has begun anew, what was imported: its files are what a patch can be applied to. */
async function baseOf(
  { git }: Quarantine,
  { workspace }: WorkRequest,
  { base = workspace.head }: Work,
  signal: AbortSignal,
): Promise<string> {
  return base ?? emptyTree(git, signal);
}
