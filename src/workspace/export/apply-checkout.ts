import { ProcessFailedError } from '../../core/process/index.js';
import { alternate } from '../git/alternate.js';
import type { Git } from '../git/git.js';
import { withoutFilters } from '../import/guest-config.js';
import type { Repository } from '../repository/repository-finder.js';
import type { WorkspaceFiles } from '../repository/workspace-files.adapter.js';
import { WorkspaceRepositoryUnusableError } from '../workspace.errors.js';
import { durable } from './deliver-objects.js';
import type { CheckoutPlan } from './host-checkout.js';
import { names, requireOutOfTheWay } from './in-the-way.js';

/** Of a git that has not begun to write files, since somebody has changed some after all was looked at. */
const NOT_BEGUN = /not uptodate|would be overwritten|would be removed|would lose|\.lock'/;

interface Host {
  readonly repository: Repository;
  readonly files: WorkspaceFiles;
  /** a directory of the repository's owner */
  readonly scratch: string;
}

/**
 * Brings index, files and HEAD of the host to the commit: files first. Killed in between, all files are as they were
 * or as they are to be, and the next export sees that only HEAD is left. By plumbing: what `git merge` does is for the
 * repository's config to say, down to the strategy. What the user did since the plan was made is looked for again.
 */
export async function applyCheckout(
  host: Host,
  plan: CheckoutPlan,
  reason: string,
  signal: AbortSignal,
): Promise<void> {
  const { commit, from, files, onlyHead, filters } = plan;
  const git = durable(host.repository.git).with({ config: withoutFilters(filters) });
  if (!onlyHead) {
    await requireUnmoved(host.repository, from, signal);
    await git.query(['update-index', '-q', '--refresh'], signal);
    await requireOutOfTheWay(host.repository, host.files, { from: files, commit }, signal);
    await moveFiles(git, host, plan, signal);
  }
  const old = from ?? '0'.repeat(commit.length);
  try {
    await git.run(['update-ref', '-m', reason, 'HEAD', commit, old], { signal });
  } catch (error) {
    // The user has committed in this moment. What git would lose of theirs by going back, it leaves.
    if (!onlyHead) await git.run([...MOVE, commit, files], { signal }).catch(() => undefined);
    throw error;
  }
}

async function requireUnmoved(
  { git, top }: Repository,
  from: string | undefined,
  signal: AbortSignal,
): Promise<void> {
  const found = await git.query(['rev-parse', '-q', '--verify', 'HEAD^{commit}'], signal);
  if (found === from) return;
  throw new WorkspaceRepositoryUnusableError(top, 'its HEAD has moved while the work was brought over', {
    fix: 'export again; neither branch nor files were changed',
  });
}

const MOVE = ['read-tree', '-m', '-u', '--no-recurse-submodules'];

async function moveFiles(git: Git, host: Host, plan: CheckoutPlan, signal: AbortSignal): Promise<void> {
  try {
    await git.run([...MOVE, plan.files, plan.commit], { signal });
  } catch (error) {
    if (error instanceof ProcessFailedError && !NOT_BEGUN.test(error.details.stderrTail))
      await putBack(git, host, plan, signal);
    throw error;
  }
}

/**
 * The disk was full, or a directory not to be written: some files are new already, one may be there in part. All were
 * as git had them, so that is what they become again, as far as they can be written; those that were not there go. The
 * index is as it was, since git writes it last. It works on an index of what differs alone: any other file may have
 * been edited since all was looked at.
 */
async function putBack(
  git: Git,
  { repository, scratch }: Host,
  { commit, files }: CheckoutPlan,
  signal: AbortSignal,
): Promise<void> {
  const undo = git.with({
    environment: {
      GIT_INDEX_FILE: `${scratch}/undo`,
      GIT_OBJECT_DIRECTORY: `${scratch}/objects`,
      GIT_ALTERNATE_OBJECT_DIRECTORIES: alternate(`${repository.commonDirectory}/objects`),
    },
  });
  const { before, after } = await sides(git, { files, commit }, signal);
  await undo.run(['update-index', '-z', '--index-info'], { stdin: before, signal });
  const tree = (await undo.run(['write-tree'], { signal })).toString('latin1').trim();
  // As if all had been written, so that git removes what has been.
  await undo.run(['read-tree', '--empty'], { signal });
  await undo.run(['update-index', '-z', '--index-info'], { stdin: after, signal });
  await undo.query(['update-index', '-q', '--refresh'], signal);
  await undo
    .run(['read-tree', '--reset', '-u', '--no-recurse-submodules', tree], { signal })
    .catch(() => undefined);
}

/** What differs, as `git update-index --index-info` reads it; mode 0 for what is not there. */
async function sides(
  git: Git,
  { files, commit }: Pick<CheckoutPlan, 'files' | 'commit'>,
  signal: AbortSignal,
): Promise<{ before: Buffer; after: Buffer }> {
  const args = ['diff-tree', '-r', '-z', '--raw', '--no-abbrev', '--no-renames', files, commit];
  const fields = names(await git.run(args, { signal }));
  let [before, after] = ['', ''];
  for (let index = 0; index + 1 < fields.length; index += 2) {
    const [oldMode = '', newMode = '', oldId = '', newId = ''] = (fields[index] ?? '').slice(1).split(' ');
    before += `${oldMode} ${oldId}\t${fields[index + 1]}\0`;
    after += `${newMode} ${newId}\t${fields[index + 1]}\0`;
  }
  return { before: Buffer.from(before, 'latin1'), after: Buffer.from(after, 'latin1') };
}
