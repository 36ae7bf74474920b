import { Inject, Injectable } from '@nestjs/common';
import type { VmWorkspaceView, WorkspaceSource } from '../../contract/index.js';
import type { SshConnection } from '../../core/ssh/index.js';
import { WorkspaceImporter } from '../../vm/index.js';
import type { ImportGuest, ImportProgress, WorkspacePlan } from '../../vm/index.js';
import { parseUntracked } from '../git/git-listing.js';
import type { Git } from '../git/git.js';
import { isPartialClone, requireFetched } from '../repository/partial-clone.js';
import { RepositoryFinder } from '../repository/repository-finder.js';
import type { Repository } from '../repository/repository-finder.js';
import { excludeArguments } from '../repository/repository-snapshot.js';
import { ScratchDirectories } from '../repository/scratch-directories.js';
import { prepareScratch, readConfig } from '../repository/scratch-git.js';
import { WorkspaceFiles } from '../repository/workspace-files.adapter.js';
import { startBranch } from '../guest/start-branch.js';
import { chooseImport } from './import-choice.js';
import type { ImportChoice } from './import-choice.js';
import { OutgoingRepositories, OVERHEAD_BYTES } from './outgoing.js';
import { sendWhole, translateFailure } from './send-whole.js';
import { workspaceView } from './workspace-view.js';

/** Directory of the guest in which repositories come to lie. */
export const GUEST_BASE = Symbol('GUEST_BASE');

@Injectable()
export class GitWorkspaceImporter extends WorkspaceImporter {
  constructor(
    private readonly finder: RepositoryFinder,
    private readonly files: WorkspaceFiles,
    private readonly scratch: ScratchDirectories,
    private readonly outgoing: OutgoingRepositories,
    @Inject(GUEST_BASE) private readonly guestBase: string,
  ) {
    super();
  }

  async inspect(source: WorkspaceSource, signal: AbortSignal): Promise<WorkspacePlan> {
    const repository = await this.finder.find(source.path, signal);
    const choice = await chooseImport(this.finder, repository, source, signal);
    const view = workspaceView(repository, choice, source, { base: this.guestBase });
    const contentBytes = await this.#contentBytes(repository, choice, source, signal);
    const historyBytes = source.mode === 'full' ? await packedBytes(repository.git, signal) : 0;
    // Twice: once checked out, once as objects, which may not compress.
    const estimatedBytes = 2 * contentBytes + historyBytes + OVERHEAD_BYTES;
    return { source, view, estimatedBytes, warnings: [] };
  }

  async import(
    plan: WorkspacePlan,
    guest: ImportGuest,
    step: ImportProgress,
    signal: AbortSignal,
  ): Promise<VmWorkspaceView & { warnings: string[] }> {
    const repository = await this.finder.find(plan.view.hostPath, signal);
    try {
      step.detail('reading the repository');
      return await this.outgoing.within(repository, plan, signal, async (outgoing) => {
        await sendWhole(outgoing, guest, step, signal);
        return Object.assign(outgoing.view, { warnings: outgoing.warnings });
      });
    } catch (error) {
      throw translateFailure(error, repository.top, signal);
    }
  }

  override startBranch(
    ssh: SshConnection,
    place: { guestPath: string; branch: string },
    signal: AbortSignal,
  ): Promise<string | undefined> {
    return startBranch(ssh, place, signal);
  }

  /** `bytes` on a disk of what will be checked out. */
  async #contentBytes(
    repository: Repository,
    choice: ImportChoice,
    source: WorkspaceSource,
    signal: AbortSignal,
  ): Promise<number> {
    const { clean, commit } = choice;
    const needed = { path: repository.top, clean, ...(commit !== undefined && { commit }) };
    if (clean && commit !== undefined) {
      await requireAllFetched(repository.git, needed, signal);
      return treeBytes(repository.git, commit, signal);
    }
    const names = await this.#listFiles(repository, needed, source, signal);
    return this.files.diskUsage(repository.top, names);
  }

  /** All files of the working tree that would be imported; latin1. */
  async #listFiles(
    repository: Repository,
    needed: Parameters<typeof requireFetched>[1],
    { includeUntracked = true, exclude = [] }: WorkspaceSource,
    signal: AbortSignal,
  ): Promise<string[]> {
    const list = async (git: Git): Promise<string[]> => {
      await requireAllFetched(git, needed, signal);
      const others = includeUntracked ? ['-o', '--exclude-standard', ...excludeArguments(exclude)] : [];
      const listed = await git.run(['ls-files', '-z', '-c', ...others], { signal });
      return [...new Set(parseUntracked(listed).files)];
    };
    const has = await this.files.indexFiles(repository.gitDirectory);
    // Reading a split index in place would set the time of its shared part.
    if (has.sharedIndexes.length === 0) return list(repository.git);
    return this.scratch.within(repository.git.user, async (scratch) =>
      list((await prepareScratch(repository, scratch, has, signal)).git.reading),
    );
  }
}

async function requireAllFetched(...[git, needed, signal]: Parameters<typeof requireFetched>): Promise<void> {
  if (isPartialClone(await readConfig(git, signal))) await requireFetched(git, needed, signal);
}

/** of a block of the guest's file system */
const BLOCK_BYTES = 4096;

async function treeBytes(git: Git, commit: string, signal: AbortSignal): Promise<number> {
  const listed = await git.run(['ls-tree', '-r', '-l', '--full-tree', commit], { signal });
  let total = 0;
  for (const [, size] of listed.toString('latin1').matchAll(/^\d+ blob [0-9a-f]+ +(\d+)\t/gm))
    total += Math.ceil(Number(size) / BLOCK_BYTES) * BLOCK_BYTES;
  return total;
}

/** `bytes` of all objects, as the host has them. */
async function packedBytes(git: Git, signal: AbortSignal): Promise<number> {
  const counted = (await git.run(['count-objects', '-v'], { signal })).toString('latin1');
  const kibibytes = (key: string): number =>
    Number(new RegExp(`^${key}: (\\d+)$`, 'm').exec(counted)?.[1] ?? 0);
  return (kibibytes('size') + kibibytes('size-pack')) * 1024;
}
