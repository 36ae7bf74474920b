import type { VmWorkspaceView } from '../../contract/index.js';
import { ProcessFailedError } from '../../core/process/index.js';
import type { Repository } from '../repository/repository-finder.js';
import type { WorkspaceFiles } from '../repository/workspace-files.adapter.js';
import { WorkspaceRepositoryUnusableError } from '../workspace.errors.js';
import { WorkspaceBranchCheckedOutError, WorkspaceBranchTakenError } from './export.errors.js';

export const BRANCHES = 'refs/heads/';

const ANOTHER = 'name another one: --branch NAME';

/** There can be a branch of this name. @throws WorkspaceRepositoryUnusableError, WorkspaceBranchTakenError */
export async function requirePossibleBranch(
  { git, top, commonDirectory }: Repository,
  branch: string,
  files: WorkspaceFiles,
  signal: AbortSignal,
): Promise<void> {
  const refuse = (reason: string, fix = ANOTHER): never => {
    throw new WorkspaceRepositoryUnusableError(top, reason, { fix });
  };
  const named = await git
    .run(['check-ref-format', '--branch', branch], { signal })
    .catch(() => signal.throwIfAborted());
  if (named?.toString('utf8').trim() !== branch) refuse(`git takes no branch of the name ${branch}`);
  const parts = branch.split('/');
  const above = parts.slice(1).map((_part, at) => parts.slice(0, at + 1).join('/'));
  const [target, below, ...taken] = await Promise.all([
    git.query(['symbolic-ref', '-q', `${BRANCHES}${branch}`], signal).catch(() => undefined),
    git.query(['for-each-ref', '--count=1', '--format=%(refname:short)', `${BRANCHES}${branch}/`], signal),
    ...above.map((name) => git.query(['rev-parse', '-q', '--verify', `${BRANCHES}${name}`], signal)),
  ]);
  const inTheWay = above.find((_name, at) => taken[at] !== undefined) ?? (below === '' ? undefined : below);
  if (inTheWay !== undefined) refuse(`its branch ${inTheWay} is in the way of one of the name ${branch}`);
  const lock = `${commonDirectory}/${BRANCHES}${branch}.lock`;
  if (await files.exists(lock))
    refuse(
      `${lock} is there`,
      'wait for the other git that is at work there; where none is, remove that file',
    );
  // One that leads to another branch.
  if (target !== undefined) throw new WorkspaceBranchTakenError({ path: top, branch, found: target });
}

/** Where the branch is; undefined when there is none. */
export async function branchAt(
  { git }: Repository,
  branch: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  return git.query(['rev-parse', '-q', '--verify', `${BRANCHES}${branch}`], signal);
}

/**
 * The branch may become `tip`: it is there already, or where an export left it, and no working tree has it.
 * @returns where it is; undefined when there is none
 * @throws WorkspaceBranchTakenError, WorkspaceBranchCheckedOutError
 */
export async function requireOwnBranch(
  repository: Repository,
  { branch, tip, exports = [] }: { branch: string; tip: string } & Pick<VmWorkspaceView, 'exports'>,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { top: path } = repository;
  const found = await branchAt(repository, branch, signal);
  if (found === tip) return found;
  const left = exports.filter((record) => record.branch === branch).map(({ commit }) => commit);
  if (found !== undefined && !left.includes(found))
    throw new WorkspaceBranchTakenError({
      path,
      branch,
      found,
      ...(left[0] !== undefined && { expected: left[0] }),
    });
  await requireNotCheckedOut(repository, branch, signal);
  return found;
}

/** No working tree has the branch, or rebases it. @throws WorkspaceBranchCheckedOutError */
export async function requireNotCheckedOut(
  repository: Repository,
  branch: string,
  signal: AbortSignal,
): Promise<void> {
  const { top: path } = repository;
  const [all, rebased] = await Promise.all([
    checkedOut(repository, signal),
    rebasing(repository, branch, signal),
  ]);
  const worktree = all.get(BRANCHES + branch) ?? rebased;
  if (worktree !== undefined) throw new WorkspaceBranchCheckedOutError({ path, branch, worktree });
}

/**
 * Git directory of the working tree in which the branch is being rebased: HEAD is detached then, and at its end git
 * takes the branch only as it was at its beginning.
 */
async function rebasing(
  { git, commonDirectory }: Repository,
  branch: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const places = ['rebase-merge', 'rebase-apply', 'worktrees'].map((name) => `${commonDirectory}/${name}`);
  const args = ['-rslxF', '--include=head-name', '-e', BRANCHES + branch, '--', ...places];
  // Its status also says that one of them is not there, which is as it should be.
  const found = await git.program('grep', args, { signal }).catch((error: unknown) => {
    if (error instanceof ProcessFailedError) return error;
    throw error;
  });
  return /^(.*)\/rebase-\w+\/head-name$/m.exec(found.stdout.toString('utf8'))?.[1];
}

/** Refs that working trees of the repository have checked out, with where each is; a branch without commits as well. */
async function checkedOut({ git }: Repository, signal: AbortSignal): Promise<Map<string, string>> {
  const listed = (await git.run(['worktree', 'list', '--porcelain', '-z'], { signal })).toString('utf8');
  const found = new Map<string, string>();
  let worktree = '';
  for (const field of listed.split('\0')) {
    if (field.startsWith('worktree ')) worktree = field.slice('worktree '.length);
    if (field.startsWith('branch ')) found.set(field.slice('branch '.length), worktree);
  }
  return found;
}
