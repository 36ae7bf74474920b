import { ProcessFailedError } from '../../core/process/index.js';
import type { Git } from '../git/git.js';
import { withoutFilters } from '../import/guest-config.js';
import type { Repository } from '../repository/repository-finder.js';
import { durable } from './deliver-objects.js';
import type { CheckoutPlan } from './host-checkout.js';

/** Of a git that has not begun to write files, since somebody has changed some after all was looked at. */
const NOT_BEGUN = /not uptodate|would be overwritten|would be removed|would lose|\.lock'/;

/**
 * Brings index, files and HEAD of the host to the commit: files first. Killed in between, all files are as they were
 * or as they are to be, and the next export sees that only HEAD is left. By plumbing: what `git merge` does is for the
 * repository's config to say, down to the strategy.
 */
export async function applyCheckout(
  { git: plain }: Pick<Repository, 'git'>,
  { commit, from, files, onlyHead, filters }: CheckoutPlan,
  { reason, scratch }: { reason: string; scratch: string },
  signal: AbortSignal,
): Promise<void> {
  const git = durable(plain).with({ config: withoutFilters(filters) });
  if (!onlyHead) {
    await git.query(['update-index', '-q', '--refresh'], signal);
    try {
      await git.run(['read-tree', '-m', '-u', '--no-recurse-submodules', files, commit], { signal });
    } catch (error) {
      if (error instanceof ProcessFailedError && !NOT_BEGUN.test(error.details.stderrTail))
        await putBack(
          git.with({ environment: { GIT_INDEX_FILE: `${scratch}/undo` } }),
          { commit, files },
          signal,
        );
      throw error;
    }
  }
  const old = from ?? '0'.repeat(commit.length);
  await git.run(['update-ref', '-m', reason, 'HEAD', commit, old], { signal });
}

/**
 * The disk was full, or a directory not to be written: some files are new already, one may be there in part. All were
 * as git had them, so that is what they become again, as far as they can be written; those that were not there go. The
 * index is as it was, since git writes it last.
 * @param git on an index of its own
 */
async function putBack(
  git: Git,
  { commit, files }: Pick<CheckoutPlan, 'commit' | 'files'>,
  signal: AbortSignal,
): Promise<void> {
  // As if all had been written, so that git removes what has been.
  await git.run(['read-tree', commit], { signal });
  await git.query(['update-index', '-q', '--refresh'], signal);
  await git
    .run(['read-tree', '--reset', '-u', '--no-recurse-submodules', files], { signal })
    .catch(() => undefined);
}
