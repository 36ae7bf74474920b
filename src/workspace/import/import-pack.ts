import { isUtf8 } from 'node:buffer';
import { withoutUndefined } from '../without-undefined.js';
import type { InfoFiles } from '../repository/info-files.js';
import { missingObjects } from '../repository/partial-clone.js';
import { parseTree, parseTreeChanges, toBytes } from '../git/git-listing.js';
import type { BytePath } from '../git/git-listing.js';
import type { GuestBlobs, GuestImport } from './guest-script.js';
import type { HostRef, ImportHistory } from './import-history.js';
import { writeBlob } from '../repository/repository-snapshot.js';
import type { ScratchGit, Snapshot } from '../repository/repository-snapshot.js';

export interface Pack {
  /** name of its files, without what follows the dot */
  readonly name: string;
  /** the same with the scratch directory that they are in */
  readonly path: string;
}

export interface PackRequest {
  readonly history: ImportHistory;
  readonly snapshot: Snapshot;
  readonly blobs: GuestBlobs;
  readonly lacks: Lacks;
  /** revisions that need not travel, each with "^" before it */
  readonly haves: readonly string[];
}

/** Objects that do not travel although what travels refers to them. */
export interface Lacks {
  /** the repository of the host has not fetched all of them */
  readonly ofHost: boolean;
  /** ids of files that are left out */
  readonly excluded: readonly string[];
}

/** `bytes` of a blob that is told in the script as well */
const MAX_TEXT_BYTES = 2048;
/** of which git takes the names as they are, in lines as well */
const PLAIN_ENTRIES = /^[\w\t\n ./+,=@~-]*$/;

/** What the guest needs besides trees, written as blobs so that it travels in the same pack; small texts also as such. */
export async function writeGuestBlobs(
  git: ScratchGit,
  { snapshot, info, history }: { snapshot: Snapshot; info: InfoFiles; history: ImportHistory },
  signal: AbortSignal,
): Promise<Pick<GuestImport, 'blobs' | 'texts'>> {
  const texts: Record<string, string> = {};
  const { index, changes, repositories } = snapshot;
  const list = async (lines: readonly string[]): Promise<string | undefined> =>
    lines.length === 0 ? undefined : writeBlob(git, toBytes(lines), signal);
  const entries = async (lines: readonly string[]): Promise<string | undefined> => {
    const id = await list(lines);
    const text = lines.map((line) => `${line}\n`).join('');
    if (id !== undefined && text.length <= MAX_TEXT_BYTES && PLAIN_ENTRIES.test(text)) texts[id] = text;
    return id;
  };
  const file = async (content: Buffer): Promise<string | undefined> => {
    if (content.length === 0) return undefined;
    const id = await writeBlob(git, content, signal);
    if (content.length <= MAX_TEXT_BYTES && isUtf8(content) && !content.includes(0))
      texts[id] = content.toString('utf8');
    return id;
  };
  const lists = {
    staged: entries(await stagedLines(git, snapshot, signal)),
    unmerged: entries(index.unmerged),
    intentToAdd: list(changes.intentToAdd.filter((path) => !changes.deleted.has(path))),
    skipWorktree: list([...new Set([...index.skipWorktree, ...snapshot.excluded])]),
    assumeUnchanged: list(index.assumeUnchanged.filter((path) => !index.unmergedPaths.has(path))),
    repositories: list(repositories.map((path): BytePath => `./${path}` as BytePath)),
    exclude: file(info.exclude),
    attributes: file(info.attributes),
    globalAttributes: file(info.globalAttributes),
    sparse: file(info.sparse),
    shallow: file(lines(history.shallow)),
    refs: file(lines(history.refs.filter(isPlain).map(({ id, name }) => `${id} ${name}`))),
  };
  const written = Object.entries(lists).map(async ([name, id]) => [name, await id] as const);
  const blobs: GuestBlobs = withoutUndefined(Object.fromEntries(await Promise.all(written)));
  // Sorted: what is the same has the same digest, whichever was written first.
  return { blobs, texts: Object.fromEntries(Object.entries(texts).toSorted(([a], [b]) => (a < b ? -1 : 1))) };
}

/** What makes the index of an index that is the working tree; latin1. */
async function stagedLines(
  git: ScratchGit,
  { worktreeTree, indexTree }: Snapshot,
  signal: AbortSignal,
): Promise<string[]> {
  if (worktreeTree === indexTree) return [];
  const args = ['diff-tree', '-r', '-z', '--raw', '--no-renames', '--no-abbrev', worktreeTree, indexTree];
  const changes = parseTreeChanges(await git.reading.run(args, { signal }));
  const gone = changes.filter(({ mode }) => mode === '000000');
  const there = changes.filter(({ mode }) => mode !== '000000');
  // A file that was a directory has room for itself only when that is gone.
  return [
    ...gone.map(({ path }) => `0 ${'0'.repeat(git.idLength)}\t${path}`),
    ...there.map(({ mode, id, path }) => `${mode} ${id}\t${path}`),
  ];
}

const isPlain = ({ target }: HostRef): boolean => target === undefined;

function lines(all: readonly string[]): Buffer {
  return Buffer.from(all.map((line) => `${line}\n`).join(''), 'latin1');
}

interface LacksQuestion {
  readonly snapshot: Snapshot;
  /** of the host */
  readonly commit: string | undefined;
  /** older commits travel as well */
  readonly deep: boolean;
  /** the host's repository is a partial clone */
  readonly partial: boolean;
}

export async function findLacks(
  { reading: git }: ScratchGit,
  { snapshot, commit, deep, partial }: LacksQuestion,
  signal: AbortSignal,
): Promise<Lacks> {
  const ofHost = partial && (deep || (await missingObjects(git, commit, signal)).size > 0);
  return { ofHost, excluded: await excludedFiles(git, snapshot, commit, signal) };
}

/** Ids that the commit and the index have for files that are left out, and for no others. */
async function excludedFiles(
  git: ScratchGit['reading'],
  { excluded, indexTree, worktreeTree }: Snapshot,
  commit: string | undefined,
  signal: AbortSignal,
): Promise<string[]> {
  if (excluded.length === 0) return [];
  const names = new Set<BytePath>(excluded);
  const out = new Set<string>();
  const needed = new Set<string>();
  for (const tree of new Set([worktreeTree, indexTree, ...(commit === undefined ? [] : [commit])])) {
    const listed = await git.run(['ls-tree', '-r', '-z', '--full-tree', tree], { signal });
    for (const { type, id, path } of parseTree(listed))
      if (type === 'blob') (tree !== worktreeTree && names.has(path) ? out : needed).add(id);
  }
  return [...out].filter((id) => !needed.has(id));
}

/** One pack, with its index, of the commits, both trees and the blobs; reuses what the repository has packed. */
export async function writePack(
  { reading: git }: ScratchGit,
  scratch: string,
  { history, snapshot, blobs, lacks, haves }: PackRequest,
  signal: AbortSignal,
): Promise<Pack> {
  const { head, shallow, refs } = history;
  const tips = [...(head === undefined ? [] : [head]), ...refs.map(({ id }) => id)];
  const trees = [snapshot.worktreeTree, snapshot.indexTree, ...sidesOfConflicts(snapshot)];
  const lists = Object.values<string>({ ...blobs });
  const stdin = lines([
    ...shallow.map((id) => `--shallow ${id}`),
    ...new Set([...tips, ...trees, ...lists]),
    ...lacks.excluded.map((id) => `^${id}`),
    ...haves,
  ]);
  // Deltas of the host's packs are reused; new ones would cost more time than they save on a loopback link.
  const args = ['pack-objects', '-q', '--revs', '--delta-base-offset', '--window=0'];
  if (lacks.ofHost) args.push('--missing=allow-promisor');
  const output = await git.with({ config: ONE_PACK }).run([...args, `${scratch}/pack`], { stdin, signal });
  const name = `pack-${output.toString('utf8').trim()}`;
  return { name, path: `${scratch}/${name}` };
}

/** Ids of files in conflict: they are in no tree of the index. */
function sidesOfConflicts({ index }: Snapshot): string[] {
  return index.unmerged
    .filter((entry) => !entry.startsWith('160000'))
    .map((entry) => entry.split(' ')[1] ?? '');
}

/** Whatever the host's config says: one pack, with an index that every git reads. */
const ONE_PACK: Readonly<Record<string, string>> = {
  'pack.packSizeLimit': '0',
  'pack.indexVersion': '2',
  'pack.writeReverseIndex': 'false',
};
