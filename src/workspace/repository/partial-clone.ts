import { displayPath, parseCheckedOut, parseTree } from '../git/git-listing.js';
import type { Config } from '../git/git-listing.js';
import type { Git } from '../git/git.js';
import { WorkspacePathInvalidError } from '../workspace.errors.js';

const PROMISE = /^(extensions\.partialclone|remote\..*\.promisor)$/s;

/** Made by `git clone --filter`. */
export function isPartialClone({ values }: Config): boolean {
  return [...values.keys()].some((key) => PROMISE.test(key));
}

/**
 * Ids of what a partial clone lacks of the commit. Nothing is fetched: that would run what the repository's config
 * names.
 */
export async function missingObjects(
  git: Git,
  commit: string | undefined,
  signal: AbortSignal,
): Promise<ReadonlySet<string>> {
  if (commit === undefined) return new Set();
  const args = ['rev-list', '--objects', '--quiet', '--missing=print', `${commit}^{tree}`];
  const listed = (await git.run(args, { signal })).toString('latin1');
  return new Set(Array.from(listed.matchAll(/^\?([0-9a-f]+)$/gm), ([, id = '']) => id));
}

/**
 * Of a partial clone: what a sparse checkout leaves out may be missing, here as in the guest. Of any other file git
 * needs what the index has, to tell how it was changed; of a commit that is taken as it is all files are needed.
 * @throws WorkspacePathInvalidError
 */
export async function requireFetched(
  git: Git,
  { path, commit, clean }: { path: string; commit?: string; clean: boolean },
  signal: AbortSignal,
): Promise<void> {
  const missing = await missingObjects(git, commit, signal);
  if (missing.size === 0) return;
  const entries =
    clean && commit !== undefined
      ? parseTree(await git.run(['ls-tree', '-r', '-z', '--full-tree', commit], { signal }))
      : parseCheckedOut(await git.run(['ls-files', '-z', '-s', '-v'], { signal }));
  const needed = entries.filter(({ id }) => missing.has(id));
  const [first] = needed;
  if (first === undefined) return;
  const more = needed.length === 1 ? '' : ` and ${needed.length - 1} more`;
  throw new WorkspacePathInvalidError(
    path,
    `it is a partial clone that has not fetched all that git status needs: ${displayPath(first.path)}${more}`,
    { fix: 'let git fetch what is changed or deleted: git diff > /dev/null' },
  );
}
