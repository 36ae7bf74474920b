import type { Git } from './git.js';
import { parseDiffFiles, parseIndexListing, parseUntracked, toBytes } from './git-listing.js';
import type { BytePath, IndexListing, WorktreeChanges } from './git-listing.js';

/** The host's index and working tree as objects, in a place of their own. */
export interface Snapshot {
  readonly indexTree: string;
  readonly worktreeTree: string;
  readonly index: IndexListing;
  readonly changes: WorktreeChanges;
  readonly untracked: number;
  /** untracked directories that are repositories themselves */
  readonly repositories: BytePath[];
}

/**
 * Writes index and working tree as trees. `git` must use a copy of the index and an object directory of its own, and
 * must run no filters: nothing of the repository is written, not even file times in its index.
 */
export async function takeSnapshot(git: Git, objectFormat: string, signal: AbortSignal): Promise<Snapshot> {
  const nullId = '0'.repeat(objectFormat === 'sha256' ? 64 : 40);
  const index = parseIndexListing(await git.run(['ls-files', '-z', '-s', '-v'], { signal }));
  if (index.assumeUnchanged.length > 0) {
    // git would not look at these files; the guest is to have what they really hold.
    await feed(
      git,
      ['update-index', '-z', '--no-assume-unchanged', '--stdin'],
      index.assumeUnchanged,
      signal,
    );
  }
  const [changed, others] = await Promise.all([
    git.run(['diff-files', '--raw', '-z', '--no-abbrev', '--ignore-submodules=dirty'], { signal }),
    git.run(['ls-files', '-z', '--others', '--exclude-standard'], { signal }),
  ]);
  const changes = parseDiffFiles(changed);
  const { files, repositories } = parseUntracked(others);
  await removeEntries(git, nullId, index.unmergedPaths, signal);
  const indexTree = await writeTree(git, signal);
  const gone = [...changes.deleted, ...index.skipWorktree];
  const present = [...changes.present, ...files];
  await removeEntries(git, nullId, gone, signal);
  if (present.length > 0) {
    await feed(git, ['update-index', '-z', '--add', '--remove', '--replace', '--stdin'], present, signal);
  }
  const isClean = gone.length + present.length === 0;
  const worktreeTree = isClean ? indexTree : await writeTree(git, signal);
  return { indexTree, worktreeTree, index, changes, untracked: files.length, repositories };
}

/** A blob with these bytes. */
export async function writeBlob(git: Git, content: Buffer, signal: AbortSignal): Promise<string> {
  return line(await git.run(['hash-object', '-w', '--stdin'], { stdin: content, signal }));
}

async function writeTree(git: Git, signal: AbortSignal): Promise<string> {
  return line(await git.run(['write-tree', '--missing-ok'], { signal }));
}

/** All stages of the paths, whatever is at their place in the working tree. */
async function removeEntries(
  git: Git,
  nullId: string,
  paths: Iterable<BytePath>,
  signal: AbortSignal,
): Promise<void> {
  const lines = Array.from(paths, (path) => `0 ${nullId}\t${path}`);
  if (lines.length > 0) await feed(git, ['update-index', '-z', '--index-info'], lines, signal);
}

async function feed(git: Git, args: string[], lines: readonly string[], signal: AbortSignal): Promise<void> {
  await git.run(args, { stdin: toBytes(lines), signal });
}

function line(output: Buffer): string {
  return output.toString('utf8').trim();
}
