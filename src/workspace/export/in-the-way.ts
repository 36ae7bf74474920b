import { displayPath } from '../git/git-listing.js';
import type { BytePath } from '../git/git-listing.js';
import type { Git } from '../git/git.js';
import type { WorkspaceFiles } from '../repository/workspace-files.adapter.js';
import { WorkspaceTreeDirtyError } from './export.errors.js';

/** From what to what files are brought; commits or trees. */
export interface Change {
  readonly from: string;
  readonly commit: string;
}

interface Checkout {
  readonly git: Git;
  readonly top: string;
}

/**
 * No untracked file is where one is to be written. git looks for such itself, but overwrites those that it ignores:
 * to it they are of no value.
 * @throws WorkspaceTreeDirtyError
 */
export async function requireOutOfTheWay(
  checkout: Checkout,
  files: WorkspaceFiles,
  change: Change,
  signal: AbortSignal,
): Promise<void> {
  const found = await inTheWay(checkout, files, change, signal);
  if (found.length > 0)
    throw new WorkspaceTreeDirtyError(checkout.top, found.map(displayPath), 'untracked, and in the way');
}

async function inTheWay(
  { git, top }: Checkout,
  files: WorkspaceFiles,
  change: Change,
  signal: AbortSignal,
): Promise<BytePath[]> {
  const deleted = new Set(await differing(git, change, 'D', signal));
  const found = new Set<BytePath>();
  const directories: BytePath[] = [];
  const seen = new Set<BytePath>();
  for (const path of await differing(git, change, 'A', signal))
    for (const place of placesOf(path)) {
      if (deleted.has(place)) break;
      if (seen.has(place)) continue;
      seen.add(place);
      const kind = await files.kindOf(Buffer.concat([Buffer.from(`${top}/`), Buffer.from(place, 'latin1')]));
      if (kind === 'directory' && place === path) directories.push(`${place}/` as BytePath);
      if (kind !== undefined && kind !== 'directory') found.add(place);
    }
  if (directories.length === 0) return [...found];
  const others = names(await git.run(['ls-files', '-o', '-z', '--directory'], { signal }));
  // Either may be the inner one: git names the outermost directory that has nothing tracked.
  const isIn = (inner: string, outer: string): boolean => outer.endsWith('/') && inner.startsWith(outer);
  const full = directories.filter((path) => others.some((other) => isIn(other, path) || isIn(path, other)));
  return [...found, ...full];
}

/** @param filter as git takes it: A for added, D for deleted ones; in lower case all but those */
export async function differing(
  git: Git,
  { from, commit }: Change,
  filter: string,
  signal: AbortSignal,
): Promise<BytePath[]> {
  const args = ['diff-tree', '-r', '-z', '--name-only', '--no-renames', `--diff-filter=${filter}`];
  return names(await git.run([...args, from, commit], { signal }));
}

/** The path itself, and the directories that it is in. */
function* placesOf(path: BytePath): Generator<BytePath> {
  for (let end = path.indexOf('/'); end >= 0; end = path.indexOf('/', end + 1))
    yield path.slice(0, end) as BytePath;
  yield path;
}

export function names(listing: Buffer): BytePath[] {
  return listing.toString('latin1').split('\0').slice(0, -1) as BytePath[];
}
