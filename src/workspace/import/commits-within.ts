import type { Git } from '../git/git.js';

/** What a history of so many commits consists of. */
export interface CommitsWithin {
  readonly commits: ReadonlySet<string>;
  /** those whose parents are left out */
  readonly boundary: readonly string[];
}

/** commits that are listed at first; more where the history branches a lot */
const FIRST_LIST = 4_096;

/** As `git clone --depth`: commits fewer than `depth` steps away, whichever parents the steps take. */
export async function commitsWithin(
  git: Git,
  { commit, depth }: { commit: string; depth: number },
  signal: AbortSignal,
): Promise<CommitsWithin> {
  for (let count = Math.max(FIRST_LIST, 4 * depth); ; count *= 4) {
    const args = ['rev-list', '--parents', `--max-count=${count}`, commit];
    const parents = parseParents((await git.run(args, { signal })).toString('latin1'));
    const within = walk(parents, commit, depth);
    if (within !== undefined || parents.size < count) return within ?? { commits: new Set(), boundary: [] };
  }
}

/** @param listed lines of a commit and its parents */
export function parseParents(listed: string): ReadonlyMap<string, readonly string[]> {
  const parents = new Map<string, readonly string[]>();
  for (const line of listed.split('\n')) {
    const [id = '', ...rest] = line.split(' ');
    if (id !== '') parents.set(id, rest);
  }
  return parents;
}

/** Undefined when a commit that is near enough is not in the map. */
export function walk(
  parents: ReadonlyMap<string, readonly string[]>,
  commit: string,
  depth: number,
): CommitsWithin | undefined {
  const commits = new Set([commit]);
  let generation = [commit];
  for (let distance = 1; distance < depth && generation.length > 0; distance += 1) {
    const next: string[] = [];
    for (const id of generation) {
      const above = parents.get(id);
      if (above === undefined) return undefined;
      for (const parent of above) {
        if (commits.has(parent)) continue;
        commits.add(parent);
        next.push(parent);
      }
    }
    generation = next;
  }
  if (!generation.every((id) => parents.has(id))) return undefined;
  return { commits, boundary: generation.filter((id) => (parents.get(id)?.length ?? 0) > 0) };
}
