import type { WorkspaceMode } from '../../contract/index.js';
import type { Git } from '../git/git.js';
import { BRANCH_PREFIX } from '../git/ref-names.js';
import { writeStandIn } from '../git/stand-in-commit.js';
import type { Repository } from '../repository/repository-finder.js';
import type { ScratchGit } from '../repository/repository-snapshot.js';
import { WorkspacePathInvalidError } from '../workspace.errors.js';
import { commitsWithin } from './commits-within.js';
import type { ImportChoice } from './import-choice.js';

export interface HostRef {
  readonly id: string;
  /** full name, latin1 */
  readonly name: string;
  /** full name of the ref that it stands for */
  readonly target?: string;
}

/** Which commits go in. */
export interface ImportHistory {
  /** commit that HEAD is in the guest */
  readonly head?: string;
  /** commits whose parents do not travel */
  readonly shallow: readonly string[];
  /** besides HEAD; in mode `full` alone */
  readonly refs: readonly HostRef[];
}

export async function planHistory(
  repository: Repository,
  git: ScratchGit,
  { mode, depth, choice }: { mode: WorkspaceMode; depth: number; choice: ImportChoice },
  signal: AbortSignal,
): Promise<ImportHistory> {
  const { commit } = choice;
  if (mode === 'full') return wholeHistory(repository, choice, signal);
  if (commit === undefined) return { shallow: [], refs: [] };
  if (mode === 'metadata')
    return { head: await writeStandIn(git.reading, commit, signal), shallow: [], refs: [] };
  if (depth === 1) {
    const shallow = (await parentsOf(repository.git, commit, signal)).length > 0 ? [commit] : [];
    return { head: commit, shallow, refs: [] };
  }
  const { commits, boundary } = await commitsWithin(repository.git, { commit, depth }, signal);
  const ends = (await ownShallow(repository, signal)).filter((id) => commits.has(id));
  return { head: commit, shallow: [...new Set([...boundary, ...ends])], refs: [] };
}

async function wholeHistory(
  repository: Repository,
  { commit, ref }: ImportChoice,
  signal: AbortSignal,
): Promise<ImportHistory> {
  const refs = await listRefs(repository.git, signal);
  if (ref !== undefined) requireFree(repository.top, refs, { commit, ref });
  return {
    ...(commit !== undefined && { head: commit }),
    shallow: await ownShallow(repository, signal),
    refs,
  };
}

async function listRefs(git: Git, signal: AbortSignal): Promise<HostRef[]> {
  const args = ['for-each-ref', '--format=%(objectname) %(refname) %(symref)'];
  const listed = await git.run([...args, 'refs/heads', 'refs/tags', 'refs/remotes'], { signal });
  return listed
    .toString('latin1')
    .split('\n')
    .filter(Boolean)
    .map((line) => {
      const [id = '', name = '', target = ''] = line.split(' ');
      return { id, name, ...(target !== '' && { target }) };
    });
}

/** A branch that is to be made must not be another one, nor a directory of branches. */
function requireFree(
  top: string,
  refs: readonly HostRef[],
  { commit, ref }: { commit: string | undefined; ref: string },
): void {
  const wanted = Buffer.from(ref).toString('latin1');
  const inTheWay = refs.find(
    ({ name, id }) =>
      (name === wanted && id !== commit) || name.startsWith(`${wanted}/`) || wanted.startsWith(`${name}/`),
  );
  if (inTheWay === undefined) return;
  const branch = Buffer.from(inTheWay.name, 'latin1').toString('utf8').slice(BRANCH_PREFIX.length);
  throw new WorkspacePathInvalidError(
    top,
    `it has a branch ${branch} already, at ${inTheWay.id.slice(0, 12)}, which comes with all its history`,
    { fix: `give another --branch, or begin where that one is: --from ${branch}` },
  );
}

/** Where the host's own history ends, in a shallow clone. */
async function ownShallow(
  { git, commonDirectory }: Repository,
  signal: AbortSignal,
): Promise<readonly string[]> {
  if ((await git.query(['rev-parse', '--is-shallow-repository'], signal)) !== 'true') return [];
  const { stdout } = await git.program('cat', ['--', `${commonDirectory}/shallow`], { signal });
  return stdout.toString('latin1').match(/^[0-9a-f]{40,64}$/gm) ?? [];
}

/** Of the commit itself: what a shallow clone's own list or a graft hides is still written in it. */
export async function parentsOf(git: Git, commit: string, signal: AbortSignal): Promise<string[]> {
  const text = (await git.run(['cat-file', 'commit', commit], { signal })).toString('latin1');
  return Array.from(text.slice(0, text.indexOf('\n\n')).matchAll(/^parent (\w+)$/gm), ([, id = '']) => id);
}
