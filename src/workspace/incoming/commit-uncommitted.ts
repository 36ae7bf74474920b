import type { VmWorkspaceView } from '../../contract/index.js';
import type { Vm } from '../../vm/index.js';
import type { Git } from '../git/git.js';
import type { Repository } from '../repository/repository-finder.js';

export interface Uncommitted {
  readonly tree: string;
  /** absent where the guest has no commit */
  readonly head: string | undefined;
  readonly vm: Pick<Vm, 'name' | 'gitName' | 'gitEmail'>;
  readonly workspace: VmWorkspaceView;
  readonly repository: Repository;
}

/**
 * A commit of what is not committed in the guest, by whoever the guest's commits are by. The one that was exported
 * last is taken again where it is the same, so that exporting twice changes nothing.
 */
export async function commitUncommitted(git: Git, work: Uncommitted, signal: AbortSignal): Promise<string> {
  const { tree, head, vm, workspace, repository } = work;
  const exported = (workspace.exports ?? []).map(({ commit }) => commit);
  const same = exported.length === 0 ? undefined : await findSame(git, exported, work, signal);
  if (same !== undefined) return same;
  const configured = (key: string): Promise<string | undefined> =>
    repository.git.query(['config', key], signal);
  // Of no characters as well: git takes none such.
  const name = vm.gitName || (await configured('user.name')) || 'banger';
  const email = vm.gitEmail || (await configured('user.email')) || 'banger@localhost';
  const env = {
    GIT_AUTHOR_NAME: name,
    GIT_AUTHOR_EMAIL: email,
    GIT_COMMITTER_NAME: name,
    GIT_COMMITTER_EMAIL: email,
  };
  const args = ['commit-tree', ...(head === undefined ? [] : ['-p', head]), tree];
  const stdin = Buffer.from(`Uncommitted work of VM ${vm.name}\n`);
  return (await git.run(args, { stdin, env, signal })).toString('latin1').trim();
}

/** Of commits, which may be gone, the one that would be made. */
async function findSame(
  git: Git,
  commits: readonly string[],
  { tree, head = '' }: Uncommitted,
  signal: AbortSignal,
): Promise<string | undefined> {
  const stdin = Buffer.from(commits.map((id) => `${id}\n`).join(''));
  const args = ['rev-list', '--no-walk=unsorted', '--ignore-missing', '--format=%T %P', '--stdin'];
  const listed = (await git.run(args, { stdin, signal })).toString('latin1');
  const wanted = `${tree} ${head}`.trim();
  const all = listed.matchAll(/^commit (\w+)\n(.*)$/gm);
  return Array.from(all).find(([, , facts]) => facts?.trim() === wanted)?.[1];
}
