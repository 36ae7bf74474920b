import { ProcessFailedError } from '../../core/process/index.js';
import type { Vm } from '../../vm/index.js';
import { displayPath } from '../git/git-listing.js';
import type { BytePath } from '../git/git-listing.js';
import type { Quarantine } from '../incoming/quarantine.js';
import type { HeadFacts } from '../repository/repository-finder.js';
import { WorkspaceRepositoryUnusableError } from '../workspace.errors.js';
import { WorkspaceMergeConflictError } from './export.errors.js';
import { BRANCHES } from './host-branch.js';

/** What is to become of what the host has checked out. */
export interface MergePlan {
  readonly kind: 'none' | 'fast-forward' | 'merge';
  /** commit that is checked out before; absent for a branch without one */
  readonly from?: string;
  /** branch that it is merged into; absent when HEAD is detached */
  readonly into?: string;
  /** commit that is checked out afterwards; it leads back to `from` */
  readonly commit: string;
}

export interface MergeRequest {
  readonly head: HeadFacts;
  readonly vm: Pick<Vm, 'gitName' | 'gitEmail'>;
  /** of the guest's work */
  readonly branch: string;
  readonly tip: string;
}

/**
 * Merges in the quarantine, three ways: the host's repository is only read.
 * @throws WorkspaceMergeConflictError, WorkspaceRepositoryUnusableError
 */
export async function planMerge(
  quarantine: Quarantine,
  { head, vm, branch, tip }: MergeRequest,
  signal: AbortSignal,
): Promise<MergePlan> {
  const { git } = quarantine;
  const into = head.ref?.startsWith(BRANCHES) === true ? { into: head.ref.slice(BRANCHES.length) } : {};
  const { commit: from } = head;
  if (from === undefined) return { kind: 'fast-forward', commit: tip, ...into };
  const leads = async (ancestor: string, to: string): Promise<boolean> =>
    (await git.query(['merge-base', '--is-ancestor', ancestor, to], signal)) !== undefined;
  if (await leads(tip, from)) return { kind: 'none', from, commit: from, ...into };
  if (await leads(from, tip)) return { kind: 'fast-forward', from, commit: tip, ...into };
  const tree = await mergeTrees(quarantine, { from, tip, into: into.into ?? from }, signal);
  const commit = await commitMerge(quarantine, { tree, from, tip, vm, branch }, signal);
  return { kind: 'merge', from, commit, ...into };
}

async function mergeTrees(
  { git, repository }: Quarantine,
  { from, tip, into }: { from: string; tip: string; into: string },
  signal: AbortSignal,
): Promise<string> {
  const { top: path } = repository;
  const args = ['merge-tree', '--write-tree', '-z', '--name-only', '--no-messages', from, tip];
  try {
    const merged = await git.run(args, { signal });
    return merged.toString('latin1').split('\0')[0] ?? '';
  } catch (error) {
    if (!(error instanceof ProcessFailedError)) throw error;
    const { exitCode, stderrTail } = error.details;
    if (exitCode === 1) {
      const [, ...files] = error.stdout.toString('latin1').split('\0').filter(Boolean) as BytePath[];
      throw new WorkspaceMergeConflictError({ path, into, files: files.map(displayPath) });
    }
    if (/unrelated histories/.test(stderrTail))
      throw new WorkspaceRepositoryUnusableError(path, `${into} and the work have no commit in common`, {
        fix: 'leave out --merge, and merge the branch yourself: git merge --allow-unrelated-histories',
        cause: error,
      });
    if (exitCode === 129)
      throw new WorkspaceRepositoryUnusableError(path, 'to merge beside it takes git 2.38 or newer', {
        fix: 'leave out --merge, and merge the branch yourself; or install a newer git',
        cause: error,
      });
    throw error;
  }
}

/** As the user's own git would make it. */
async function commitMerge(
  { git, repository }: Quarantine,
  work: { tree: string; from: string; tip: string; vm: MergeRequest['vm']; branch: string },
  signal: AbortSignal,
): Promise<string> {
  const { tree, from, tip, vm, branch } = work;
  const configured = (key: string): Promise<string | undefined> =>
    repository.git.query(['config', key], signal);
  const name = (await configured('user.name')) || vm.gitName || 'banger';
  const email = (await configured('user.email')) || vm.gitEmail || 'banger@localhost';
  const env = {
    GIT_AUTHOR_NAME: name,
    GIT_AUTHOR_EMAIL: email,
    GIT_COMMITTER_NAME: name,
    GIT_COMMITTER_EMAIL: email,
  };
  const stdin = Buffer.from(`Merge branch '${branch}'\n`);
  const args = ['commit-tree', '-p', from, '-p', tip, tree];
  return (await git.run(args, { stdin, env, signal })).toString('latin1').trim();
}
