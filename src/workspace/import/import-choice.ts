import type { WorkspaceSource } from '../../contract/index.js';
import type { Git } from '../git/git.js';
import { BRANCH_PREFIX } from '../git/ref-names.js';
import type { HeadFacts, Repository, RepositoryFinder } from '../repository/repository-finder.js';
import { WorkspacePathInvalidError } from '../workspace.errors.js';

/** Which commit goes in, and what HEAD is in the guest. */
export interface ImportChoice extends HeadFacts {
  /** only what is committed goes in */
  readonly clean: boolean;
}

/** @throws WorkspacePathInvalidError for a `from` that the repository does not have */
export async function chooseImport(
  finder: RepositoryFinder,
  repository: Repository,
  { from, branch }: Pick<WorkspaceSource, 'from' | 'branch'>,
  signal: AbortSignal,
): Promise<ImportChoice> {
  const clean = from !== undefined;
  const { commit, ref } = clean
    ? await resolve(repository, from, signal)
    : await finder.head(repository, signal);
  const chosen = branch === undefined ? ref : BRANCH_PREFIX + branch;
  return { clean, ...(commit !== undefined && { commit }), ...(chosen !== undefined && { ref: chosen }) };
}

async function resolve({ git, top }: Repository, from: string, signal: AbortSignal): Promise<HeadFacts> {
  const [commit, ref] = await Promise.all([
    ask(git, ['-q', '--verify', `${from}^{commit}`], signal),
    ask(git, ['-q', '--verify', '--symbolic-full-name', from], signal),
  ]);
  // "^main" is a revision to git as well, and no commit
  if (commit === undefined || !/^[0-9a-f]+$/.test(commit))
    throw new WorkspacePathInvalidError(top, `it has no commit, branch or tag ${JSON.stringify(from)}`, {
      fix: `name one that it has, or leave --from out for what is checked out: git -C ${top} branch --all`,
    });
  return ref?.startsWith(BRANCH_PREFIX) === true ? { commit, ref } : { commit };
}

async function ask(git: Git, args: readonly string[], signal: AbortSignal): Promise<string | undefined> {
  return git.query(['rev-parse', ...args], signal);
}
