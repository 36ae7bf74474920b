import { withoutUndefined } from '../without-undefined.js';
import type { InfoFiles } from '../repository/info-files.js';
import { missingObjects } from '../repository/partial-clone.js';
import type { HeadFacts } from '../repository/repository-finder.js';
import { toBytes } from '../git/git-listing.js';
import type { BytePath } from '../git/git-listing.js';
import type { Git } from '../git/git.js';
import type { GuestBlobs } from './guest-script.js';
import { writeBlob } from '../repository/repository-snapshot.js';
import type { ScratchGit, Snapshot } from '../repository/repository-snapshot.js';

export interface Pack {
  /** file in the scratch directory */
  readonly path: string;
  readonly shallow: boolean;
  /** objects are missing from it that the repository has not fetched either */
  readonly partial: boolean;
}

/** What the guest needs besides trees, written as blobs so that it travels in the same pack. */
export async function writeGuestBlobs(
  git: ScratchGit,
  { snapshot, info }: { snapshot: Snapshot; info: InfoFiles },
  signal: AbortSignal,
): Promise<GuestBlobs> {
  const { index, changes, repositories } = snapshot;
  const list = async (lines: readonly string[]): Promise<string | undefined> =>
    lines.length === 0 ? undefined : writeBlob(git, toBytes(lines), signal);
  const file = async (content: Buffer): Promise<string | undefined> =>
    content.length === 0 ? undefined : writeBlob(git, content, signal);
  return withoutUndefined({
    unmerged: await list(index.unmerged),
    intentToAdd: await list(changes.intentToAdd.filter((path) => !changes.deleted.has(path))),
    skipWorktree: await list(index.skipWorktree),
    assumeUnchanged: await list(index.assumeUnchanged.filter((path) => !index.unmergedPaths.has(path))),
    repositories: await list(repositories.map((path): BytePath => `./${path}` as BytePath)),
    exclude: await file(info.exclude),
    attributes: await file(info.attributes),
    globalAttributes: await file(info.globalAttributes),
    sparse: await file(info.sparse),
  });
}

/** One pack with the commit (without its history), both trees and the blobs; reuses what the repository has packed. */
export async function writePack(
  { reading: git }: ScratchGit,
  scratch: string,
  facts: { head: HeadFacts; snapshot: Snapshot; blobs: GuestBlobs },
  signal: AbortSignal,
): Promise<Pack> {
  const { head, snapshot, blobs } = facts;
  const shallow = head.commit !== undefined && (await hasParents(git, head.commit, signal));
  const wanted = [snapshot.worktreeTree, snapshot.indexTree, ...Object.values<string>({ ...blobs })];
  const lines = [
    ...(shallow ? [`--shallow ${head.commit}`] : []),
    ...(head.commit === undefined ? [] : [head.commit]),
    ...new Set(wanted),
  ];
  // Deltas of the host's packs are reused; new ones would cost more time than they save on a loopback link.
  const args = ['pack-objects', '-q', '--revs', '--delta-base-offset', '--window=0'];
  const partial = (await missingObjects(git, head.commit, signal)).size > 0;
  if (partial) args.push('--missing=allow-promisor');
  const stdin = Buffer.from(`${lines.join('\n')}\n`);
  const output = await git.run([...args, `${scratch}/import`], { stdin, signal });
  return { path: `${scratch}/import-${output.toString('utf8').trim()}.pack`, shallow, partial };
}

/** Of the commit itself: what a shallow clone's own list or a graft hides is still written in it. */
async function hasParents(git: Git, commit: string, signal: AbortSignal): Promise<boolean> {
  const text = (await git.run(['cat-file', 'commit', commit], { signal })).toString('latin1');
  return /^parent /m.test(text.slice(0, text.indexOf('\n\n')));
}
