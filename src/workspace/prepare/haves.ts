import type { Git } from '../git/git.js';
import type { GuestState } from './guest-state.js';

/** Of objects by their ids: which ones the host has. */
export type HostObjects = ReadonlyMap<string, string>;

/** Types, by id. Ids that are not known are left out. */
export async function lookUp(git: Git, ids: readonly string[], signal: AbortSignal): Promise<HostObjects> {
  const stdin = Buffer.from(ids.map((id) => `${id}\n`).join(''));
  const args = ['cat-file', '--batch-check=%(objectname) %(objecttype)'];
  const listed = (await git.run(args, { stdin, signal })).toString('latin1');
  return new Map(
    Array.from(listed.matchAll(/^([0-9a-f]+) (commit|tree)$/gm), ([, id = '', type = '']) => [id, type]),
  );
}

/**
 * What need not travel, as revisions with "^". A guest without all its history has the files of its commits, and not
 * what the commits lead to.
 */
export function havesOf(state: GuestState, known: HostObjects, wholeHistory: boolean): string[] {
  if (state.partial) return [];
  const isWhole = wholeHistory && state.complete;
  const commits = [...new Set(state.haveCommits)].filter((id) => known.get(id) === 'commit');
  const trees = [...new Set(state.haveTrees)].filter((id) => known.get(id) === 'tree');
  return [...commits.map((id) => (isWhole ? `^${id}` : `^${id}^{tree}`)), ...trees.map((id) => `^${id}`)];
}
