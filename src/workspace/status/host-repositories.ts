import { Injectable } from '@nestjs/common';
import type { VmWorkspaceView, WorkspaceHostView } from '../../contract/index.js';
import { BangerError, isKind } from '../../core/errors/index.js';
import { OutputTooLargeError } from '../../core/process/index.js';
import { RepositoryFinder } from '../repository/repository-finder.js';
import type { Repository } from '../repository/repository-finder.js';
import { ScratchDirectories } from '../repository/scratch-directories.js';
import { prepareScratch } from '../repository/scratch-git.js';
import { WorkspaceFiles } from '../repository/workspace-files.adapter.js';

/** `bytes` of names; a working tree with more changes than that is not counted */
const MAX_STATUS_BYTES = 16 * 1024 * 1024;
const BRANCH_PREFIX = 'refs/heads/';

/** How the host's repository stands to what was imported from it. Nothing of it is changed, and no filter of it is run. */
@Injectable()
export class HostRepositories {
  constructor(
    private readonly finder: RepositoryFinder,
    private readonly scratch: ScratchDirectories,
    private readonly files: WorkspaceFiles,
  ) {}

  /** The repository, or why there is none to be looked at. */
  async find(path: string, signal: AbortSignal): Promise<Repository | { problem: string }> {
    try {
      const repository = await this.finder.find(path, signal);
      if (repository.top === path) return repository;
      return { problem: `${path} is a directory of the repository ${repository.top} now` };
    } catch (error) {
      signal.throwIfAborted();
      return { problem: problemOf(error) };
    }
  }

  async view(
    repository: Repository,
    { head: base }: Pick<VmWorkspaceView, 'head'>,
    signal: AbortSignal,
  ): Promise<WorkspaceHostView> {
    try {
      const { commit, ref } = await this.finder.head(repository, signal);
      const branch = ref?.startsWith(BRANCH_PREFIX) === true ? ref.slice(BRANCH_PREFIX.length) : undefined;
      const [counts, files] = await Promise.all([
        distance(repository, { base, commit }, signal),
        this.#uncommittedFiles(repository, signal),
      ]);
      return {
        ...counts,
        ...(commit !== undefined && { head: commit }),
        ...(branch !== undefined && { branch }),
        ...(files !== undefined && { uncommittedFiles: files }),
      };
    } catch (error) {
      signal.throwIfAborted();
      return { problem: problemOf(error) };
    }
  }

  async #uncommittedFiles(repository: Repository, signal: AbortSignal): Promise<number | undefined> {
    const has = await this.files.indexFiles(repository.gitDirectory);
    return this.scratch.within(repository.git.user, async (scratch) => {
      const { git } = await prepareScratch(repository, scratch, has, signal);
      const args = ['status', '--porcelain', '-z', '-uall', '--no-renames', '--ignore-submodules=dirty'];
      try {
        const listed = await git.reading.run(args, { signal, maxOutputBytes: MAX_STATUS_BYTES });
        return countRecords(listed);
      } catch (error) {
        if (error instanceof OutputTooLargeError) return undefined;
        throw error;
      }
    });
  }
}

async function distance(
  { git }: Repository,
  { base, commit }: { base: string | undefined; commit: string | undefined },
  signal: AbortSignal,
): Promise<Pick<WorkspaceHostView, 'commitsSince' | 'commitsGone' | 'problem'>> {
  if (base === undefined)
    return commit === undefined ? {} : { commitsSince: await count(git, commit, signal) };
  if ((await git.query(['rev-parse', '-q', '--verify', `${base}^{commit}`], signal)) === undefined)
    return { problem: `the commit ${base}, which was imported from it, is not in it` };
  if (commit === undefined) return {};
  const args = ['rev-list', '--left-right', '--count', `${base}...${commit}`];
  const [gone, since] = (await git.run(args, { signal })).toString('latin1').trim().split('\t');
  return { commitsSince: Number(since), commitsGone: Number(gone) };
}

async function count(git: Repository['git'], commit: string, signal: AbortSignal): Promise<number> {
  return Number((await git.run(['rev-list', '--count', commit], { signal })).toString('latin1'));
}

function countRecords(listed: Buffer): number {
  let records = 0;
  for (let at = listed.indexOf(0); at >= 0; at = listed.indexOf(0, at + 1)) records += 1;
  return records;
}

function problemOf(error: unknown): string {
  if (!(error instanceof BangerError)) return 'it cannot be read';
  // nobody wants to import it here
  if (isKind(error, 'WORKSPACE_PATH_INVALID')) return `${error.details.path}: ${error.details.reason}`;
  return error.why === undefined ? error.message : `${error.message}: ${error.why}`;
}
