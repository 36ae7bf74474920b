import type { Git } from '../git/git.js';
import { parseDiffFiles, parseIndexListing, parseUntracked, toBytes } from '../git/git-listing.js';
import type { BytePath, IndexListing, WorktreeChanges } from '../git/git-listing.js';

/** The host's index and working tree as objects, in a place of their own. */
export interface Snapshot {
  readonly indexTree: string;
  readonly worktreeTree: string;
  readonly index: IndexListing;
  readonly changes: WorktreeChanges;
  /** untracked directories that are repositories themselves */
  readonly repositories: BytePath[];
  /** `git add -N` of files that are gone; the guest's index cannot be given them */
  readonly lostIntents: BytePath[];
  /** tracked files that are left out because of their names */
  readonly excluded: BytePath[];
}

/** git on a copy of the index, with a place of its own for what it writes, and without filters. */
export interface ScratchGit {
  /** sees the repository's objects; used to read */
  readonly reading: Git;
  /**
   * Sees only what it wrote itself; used to write. git "freshens" an object that it is asked to write and that exists:
   * it sets the file's time, in the repository of the host.
   */
  readonly writing: Git;
  /** object directory of `writing` */
  readonly objects: string;
  /** hexadecimal digits of an object id */
  readonly idLength: number;
}

/** What of a repository is to be in the snapshot. */
export interface SnapshotRequest {
  /** this commit, and nothing that is not committed */
  readonly commit?: string;
  /** files that git neither tracks nor ignores as well */
  readonly untracked: boolean;
  /** patterns as in .gitignore, of files that are left out */
  readonly exclude: readonly string[];
}

/** Writes index and working tree as trees. Nothing of the repository is written, not even file times. */
export async function takeSnapshot(
  git: ScratchGit,
  request: SnapshotRequest,
  signal: AbortSignal,
): Promise<Snapshot> {
  const { commit } = request;
  if (commit !== undefined) await git.reading.run(['read-tree', commit], { signal });
  const index = parseIndexListing(await git.reading.run(['ls-files', '-z', '-s', '-v'], { signal }));
  const excluded = await listExcluded(git, index, request.exclude, signal);
  if (commit !== undefined) return snapshotOfCommit(git, { index, excluded }, signal);
  if (index.assumeUnchanged.length > 0) {
    // git would not look at these files; the guest is to have what they really hold.
    await feed(
      git,
      ['update-index', '-z', '--no-assume-unchanged', '--stdin'],
      index.assumeUnchanged,
      signal,
    );
  }
  const [changed, { files, repositories }] = await Promise.all([
    git.reading.run(['diff-files', '--raw', '-z', '--no-abbrev', '--ignore-submodules=dirty'], { signal }),
    listUntracked(git, request, signal),
  ]);
  const changes = without(parseDiffFiles(changed), excluded);
  await removeEntries(git, index.unmergedPaths, signal);
  const indexTree = await writeTree(git, signal);
  const lostIntents = await findLostIntents(git, indexTree, changes, signal);
  const gone = [...changes.deleted, ...index.skipWorktree, ...excluded];
  await removeEntries(git, gone, signal);
  await copyOldVersions(git, changes.oldIds, signal);
  const present = [...changes.present, ...files];
  if (present.length > 0) {
    await feed(git, ['update-index', '-z', '--add', '--remove', '--replace', '--stdin'], present, signal);
  }
  const isClean = gone.length + present.length === 0;
  const worktreeTree = isClean ? indexTree : await writeTree(git, signal);
  return { indexTree, worktreeTree, index, changes, repositories, lostIntents, excluded: [...excluded] };
}

async function snapshotOfCommit(
  git: ScratchGit,
  { index, excluded }: { index: IndexListing; excluded: ReadonlySet<BytePath> },
  signal: AbortSignal,
): Promise<Snapshot> {
  const indexTree = await writeTree(git, signal);
  await removeEntries(git, excluded, signal);
  const worktreeTree = excluded.size === 0 ? indexTree : await writeTree(git, signal);
  const changes = parseDiffFiles(Buffer.alloc(0));
  return {
    indexTree,
    worktreeTree,
    index,
    changes,
    repositories: [],
    lostIntents: [],
    excluded: [...excluded],
  };
}

/** Tracked files that the patterns name; one in conflict is none of them. */
async function listExcluded(
  { reading }: ScratchGit,
  { unmergedPaths }: IndexListing,
  exclude: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlySet<BytePath>> {
  if (exclude.length === 0) return new Set();
  const listed = await reading.run(['ls-files', '-z', '-c', '-i', ...excludeArguments(exclude)], { signal });
  return new Set(parseUntracked(listed).files.filter((path) => !unmergedPaths.has(path)));
}

async function listUntracked(
  { reading }: ScratchGit,
  { untracked, exclude }: SnapshotRequest,
  signal: AbortSignal,
): Promise<ReturnType<typeof parseUntracked>> {
  if (!untracked) return { files: [], repositories: [] };
  const args = ['ls-files', '-z', '--others', '--exclude-standard', ...excludeArguments(exclude)];
  return parseUntracked(await reading.run(args, { signal }));
}

export function excludeArguments(patterns: readonly string[]): string[] {
  return patterns.map((pattern) => `--exclude=${pattern}`);
}

function without(changes: WorktreeChanges, excluded: ReadonlySet<BytePath>): WorktreeChanges {
  if (excluded.size === 0) return changes;
  const rest = <T extends Iterable<BytePath>>(paths: T): BytePath[] =>
    Array.from(paths).filter((path) => !excluded.has(path));
  return {
    ...changes,
    present: new Set(rest(changes.present)),
    deleted: new Set(rest(changes.deleted)),
    intentToAdd: rest(changes.intentToAdd),
    changedSubmodules: rest(changes.changedSubmodules),
    deletedEmpty: rest(changes.deletedEmpty),
  };
}

/** A blob with these bytes. */
export async function writeBlob(
  { writing }: ScratchGit,
  content: Buffer,
  signal: AbortSignal,
): Promise<string> {
  return line(await writing.run(['hash-object', '-w', '--stdin'], { stdin: content, signal }));
}

async function writeTree({ writing }: ScratchGit, signal: AbortSignal): Promise<string> {
  return line(await writing.run(['write-tree', '--missing-ok'], { signal }));
}

/** All stages of the paths, whatever is at their place in the working tree. */
async function removeEntries(git: ScratchGit, paths: Iterable<BytePath>, signal: AbortSignal): Promise<void> {
  const lines = Array.from(paths, (path) => `0 ${'0'.repeat(git.idLength)}\t${path}`);
  if (lines.length > 0) await feed(git, ['update-index', '-z', '--index-info'], lines, signal);
}

/** With `text=auto` git looks at a file's version in the index before it converts the new one's line ends. */
async function copyOldVersions(
  git: ScratchGit,
  ids: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<void> {
  if (ids.size === 0) return;
  const stdin = Buffer.from([...ids, ''].join('\n'));
  await git.reading.run(['pack-objects', '-q', '--window=0', `${git.objects}/pack/pack`], { stdin, signal });
}

/** The index is the tree but for the intents to add: those are the difference. */
async function findLostIntents(
  { reading }: ScratchGit,
  indexTree: string,
  { deletedEmpty }: WorktreeChanges,
  signal: AbortSignal,
): Promise<BytePath[]> {
  if (deletedEmpty.length === 0) return [];
  const args = ['diff-index', '--cached', '--ita-visible-in-index', '--raw', '-z', '--no-abbrev', indexTree];
  const intents = new Set(parseDiffFiles(await reading.run(args, { signal })).intentToAdd);
  return deletedEmpty.filter((path) => intents.has(path));
}

async function feed(
  { writing }: ScratchGit,
  args: string[],
  lines: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  await writing.run(args, { stdin: toBytes(lines), signal });
}

function line(output: Buffer): string {
  return output.toString('utf8').trim();
}
