import { displayPath, parseNames } from '../git/git-listing.js';
import { emptyTree } from '../incoming/empty-tree.js';
import type { Work } from '../incoming/incoming-work.js';
import type { Quarantine } from '../incoming/quarantine.js';
import { someOf } from './export.errors.js';
import { filesRunByTools } from './files-run-by-tools.js';

export interface ChangedFiles {
  /** how many differ from the base */
  readonly files: number;
  /** one, where some of them are run by tools of the host as soon as they are checked out */
  readonly warnings: readonly string[];
}

/** What of the host's files the work is about. The names of both trees are bounded: the guest's, and the host's own. */
export async function changedFiles(
  { git }: Quarantine,
  { base, tree }: Pick<Work, 'base' | 'tree'>,
  signal: AbortSignal,
): Promise<ChangedFiles> {
  const from = base ?? (await emptyTree(git, signal));
  const changed = async (...filter: string[]): Promise<ReturnType<typeof parseNames>> => {
    const args = ['diff-tree', '-r', '-z', '--no-renames', '--name-only', ...filter, from, tree];
    return parseNames(await git.run(args, { signal }));
  };
  const all = await changed();
  const isThere = filesRunByTools(all).length > 0 ? await changed('--diff-filter=d') : [];
  const run = filesRunByTools(isThere).map(displayPath);
  return {
    files: all.length,
    warnings: run.length === 0 ? [] : [`it changes files that tools may run by themselves: ${someOf(run)}`],
  };
}
